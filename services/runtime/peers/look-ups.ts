/**
 * Looks something up for all callers that need the same: one look serves all callers that ask before it begins. A caller
 * that asks while one runs waits for the next, which sees the state of that moment.
 */
export type LookUps<T> = (key: string, look: () => Promise<T>) => Promise<T>

/** Makes the LookUps of one kind of thing. */
export function lookUpsTogether<T>(): LookUps<T> {
  const looks = new Map<string, { readonly running: Promise<T>; next?: Promise<T> }>()
  const begin = (key: string, look: () => Promise<T>): Promise<T> => {
    const running = look().finally(() => {
      if (looks.get(key)?.next === undefined) looks.delete(key)
    })
    looks.set(key, { running })
    return running
  }
  return (key, look) => {
    const now = looks.get(key)
    if (now === undefined) return begin(key, look)
    now.next ??= now.running.then(
      () => begin(key, look),
      () => begin(key, look),
    )
    return now.next
  }
}

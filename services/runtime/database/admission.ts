/** Asks for a place: resolves, when it is one's turn, with what gives the place back. Rejects once the signal aborts. */
export type Admission = (key: string, signal: AbortSignal) => Promise<Disposable>

type Waiting = { key: string; enter: () => void }

/**
 * Lets at most `places` callers in at once, of these at most `placesOfKey` with one key; the others wait in the order in
 * which they came. What lines up in the database anyway waits here, without a connection that others need.
 */
export function admission(places: number, placesOfKey: number): Admission {
  const inside = new Map<string, number>()
  let taken = 0
  let waiting: Waiting[] = []

  const isFree = (key: string) => taken < places && (inside.get(key) ?? 0) < placesOfKey
  const enter = (key: string): Disposable => {
    taken += 1
    inside.set(key, (inside.get(key) ?? 0) + 1)
    return { [Symbol.dispose]: () => leave(key) }
  }
  const leave = (key: string) => {
    taken -= 1
    const left = (inside.get(key) ?? 1) - 1
    if (left > 0) inside.set(key, left)
    else inside.delete(key)
    waiting.find((next) => isFree(next.key))?.enter()
  }

  return (key, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (isFree(key)) return resolve(enter(key))
      const giveUp = () => {
        waiting = waiting.filter((other) => other !== self)
        reject(signal.reason)
      }
      const self = {
        key,
        enter() {
          waiting = waiting.filter((other) => other !== self)
          signal.removeEventListener('abort', giveUp)
          resolve(enter(key))
        },
      }
      waiting.push(self)
      signal.addEventListener('abort', giveUp, { once: true })
    })
}

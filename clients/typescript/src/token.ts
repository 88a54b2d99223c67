/**
 * Where tokens come from: one that does not change, or a function that gets a new one, called before the present one
 * expires and, once for a call, when it was refused.
 */
export type TokenSource = string | (() => string | Promise<string>)

/** The token of the calls. */
export type Tokens = {
  /** One that is good now, as far as it says. */
  current(): Promise<string>
  /** Another one than that which was refused; undefined where there is none. */
  instead(refused: string): Promise<string | undefined>
  /** Has the next one asked for, whatever the present one says. */
  forget(): void
}

/** So long before it expires a token is replaced: a call under way, and clocks that differ, need that. */
const EARLY_MS = 30_000

/** Keeps the token of a source; who asks at the same time gets the same one. */
export function keepToken(source: TokenSource): Tokens {
  if (typeof source === 'string')
    return { current: async () => source, instead: async () => undefined, forget: () => {} }
  let kept: { readonly token: string; readonly until: number } | undefined
  let asked: Promise<string> | undefined
  const renew = () => {
    asked ??= (async () => {
      const token = await source()
      kept = { token, until: goodUntil(token) }
      return token
    })().finally(() => {
      asked = undefined
    })
    return asked
  }
  return {
    current: async () => (kept !== undefined && Date.now() < kept.until ? kept.token : renew()),
    instead: async (refused) => {
      if (kept !== undefined && kept.token !== refused) return kept.token
      const token = await renew()
      return token === refused ? undefined : token
    },
    forget: () => {
      kept = undefined
    },
  }
}

/** Until when a token is used: of one that is short-lived, or says nothing, at least half of its time. */
function goodUntil(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const left = typeof exp === 'number' ? exp * 1_000 - Date.now() : Number.POSITIVE_INFINITY
    return Date.now() + Math.max(left - EARLY_MS, left / 2)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

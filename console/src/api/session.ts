import { useSyncExternalStore } from 'react'

/** What a token says of its bearer, as far as it can be read: one that is no JWT says nothing. */
export type Claims = {
  readonly subject: string | undefined
  /** Undefined when the token does not say it: then everything is offered, and the server decides. */
  readonly scopes: ReadonlySet<string> | undefined
  /** In milliseconds since 1970. */
  readonly expires: number | undefined
}

export type Session = {
  readonly token: string | undefined
  readonly claims: Claims
  /** Whether the sign-in lies over the page: there is no token, or the one that there was is not accepted any more. */
  readonly asking: boolean
}

/** The tab's own storage: another tab does not see it, and it ends with the tab. */
const STORED = 'hotel.token'
const nobody: Claims = { subject: undefined, scopes: undefined, expires: undefined }

let session: Session = begin(sessionStorage.getItem(STORED) ?? undefined)
let signedIn = Promise.withResolvers<void>()
const listeners = new Set<() => void>()

export function currentSession(): Session {
  return session
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, currentSession)
}

/** Takes a token, keeps it for this tab, and lets calls that wait for one go on. */
export function signIn(token: string): void {
  sessionStorage.setItem(STORED, token)
  set({ token, claims: readClaims(token), asking: false })
  signedIn.resolve()
  signedIn = Promise.withResolvers()
}

export function signOut(): void {
  sessionStorage.removeItem(STORED)
  set({ token: undefined, claims: nobody, asking: true })
}

/**
 * Asks for a token, as the one that was sent is not accepted, and resolves when there is another.
 * Rejects when the signal aborts first.
 */
export async function anotherToken(refused: string | undefined, signal?: AbortSignal): Promise<void> {
  if (session.token !== refused) return
  set({ ...session, asking: true })
  await raceAbort(signedIn.promise, signal)
}

/** Whether the token allows a scope, as `guests.write`; what needs none is allowed to everybody. */
export function allows({ claims, token }: Session, scope: string | undefined): boolean {
  if (token === undefined) return false
  return scope === undefined || claims.scopes === undefined || claims.scopes.has(scope)
}

/** Reads a JWT without verifying it, which is the server's part. */
export function readClaims(token: string): Claims {
  try {
    const [, part = ''] = token.split('.')
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    const words = ['scope', 'scp', 'roles', 'permissions'].flatMap((name) => wordsOf(claims[name]))
    return {
      subject: typeof claims.sub === 'string' ? claims.sub : undefined,
      scopes: words.length > 0 ? new Set(words) : undefined,
      expires: typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined,
    }
  } catch {
    return nobody
  }
}

function begin(token: string | undefined): Session {
  return { token, claims: token === undefined ? nobody : readClaims(token), asking: token === undefined }
}

function set(next: Session): void {
  session = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '')
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
}

/** The promise, unless the signal aborts before. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

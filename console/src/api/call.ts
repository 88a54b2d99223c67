import { NoAnswer, Refusal, type Status } from './refusal.ts'
import { anotherToken, currentSession } from './session.ts'
import { waitFor } from './waiting.ts'

type Query = Readonly<Record<string, string | undefined>>

/** A call of the API, as it goes over HTTP. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With the ids put in, as `/guests/0198…`. */
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  /** The etag that must still hold. */
  readonly etag?: string | undefined
}

/** How long a call is repeated while nothing answers: as long as a gateway or a service takes to start again, and some more. */
const PATIENCE_MS = 120_000
const NEXT_TRY_MS = 1_000

/** Nobody calls before this moment: the limit counts all calls of a client together. */
let notBefore = 0

/**
 * Calls the API and gives what it answers. It goes on by itself after the rate limit's pause, after a gap of the connection, and
 * after a sign-in when the token has expired: a write keeps its idempotency key meanwhile, so it happens once. Throws a Refusal.
 */
export async function call<T>(request: Call, signal?: AbortSignal): Promise<T> {
  const key = request.method === 'GET' ? undefined : crypto.randomUUID()
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    await limitOver(signal)
    const { token } = currentSession()
    if (token === undefined) {
      await anotherToken(token, signal)
      continue
    }
    const outcome = await attempt<T>(request, token, key, signal)
    if (outcome.ok) return outcome.data
    const { error } = outcome
    if (error instanceof Refusal && error.status === 401) await anotherToken(token, signal)
    else if (error instanceof Refusal && error.status === 429) await waitForLimit(error, signal)
    else if (mayRepeat(error) && Date.now() < deadline) {
      if (!(await waitFor('connection', NEXT_TRY_MS, signal))) throw error
    } else throw error
  }
}

/** The address of a call, from the top of this origin. */
export function addressOf({ path, query = {} }: Pick<Call, 'path' | 'query'>): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []))
  const search = new URLSearchParams(given).toString()
  return search === '' ? path : `${path}?${search}`
}

type Outcome<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly error: Error }

async function attempt<T>(
  request: Call,
  token: string,
  key: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  const { method, body, etag } = request
  const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${token}` }
  if (key !== undefined) headers['idempotency-key'] = key
  if (etag !== undefined) headers['if-match'] = etag
  if (body !== undefined) headers['content-type'] = 'application/json'
  const sent = { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null }
  try {
    const answer = await fetch(addressOf(request), { ...sent, cache: 'no-store', redirect: 'error' })
    if (answer.ok) {
      const text = await answer.text()
      return { ok: true, data: (text === '' ? {} : JSON.parse(text)) as T }
    }
    return { ok: false, error: await refusalOf(answer) }
  } catch (error) {
    signal?.throwIfAborted()
    return { ok: false, error: new NoAnswer((error as Error).message) }
  }
}

/** What a refused answer says; its body may be no JSON, when something between has answered. */
export async function refusalOf(answer: Response): Promise<Refusal> {
  const body = (await answer.json().catch(() => undefined)) as Status | undefined
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return new Refusal(answer.status, body, Number.isNaN(seconds) ? undefined : seconds)
}

/** The same again may succeed soon: the gateway starts, or a service behind it. */
function mayRepeat(error: Error): boolean {
  return error instanceof NoAnswer || (error instanceof Refusal && [502, 503, 504].includes(error.status))
}

/** Throws the refusal when the user does not want to wait. */
async function waitForLimit(refusal: Refusal, signal: AbortSignal | undefined): Promise<void> {
  const milliseconds = Math.max(1, refusal.retryAfter ?? 1) * 1_000
  // The other limits are of one reservation, or of dear methods: other calls may go on meanwhile.
  const ofOne = refusal.metadata.policy !== 'client-per-second'
  if (!ofOne) notBefore = Math.max(notBefore, Date.now() + milliseconds)
  if (!(await waitFor(ofOne ? 'status-limit' : 'limit', milliseconds, signal))) throw refusal
}

async function limitOver(signal: AbortSignal | undefined): Promise<void> {
  for (let left = notBefore - Date.now(); left > 0; left = notBefore - Date.now()) {
    if (!(await waitFor('limit', left, signal))) return
  }
}

import { addressOf, refusalOf } from './call.ts'
import { NoAnswer, Refusal } from './refusal.ts'
import { anotherToken, currentSession } from './session.ts'

/** One committed change; the resource is under its own name, as `reservation`. */
export type Change = Readonly<Record<string, unknown>> & { readonly version: string; readonly kind: string }
type Line = { readonly changes: readonly Change[]; readonly cursor: string; readonly error?: object }

export type Watch = {
  /** As `/reservations:watch`. */
  readonly path: string
  readonly hotel: string
  /** Called with the changes in the order of their commit. */
  readonly apply: (changes: readonly Change[]) => void
  /** Called when the data may miss something: at the beginning, and when the cursor has expired. Reads all again. */
  readonly reload: () => Promise<void>
  /** Whether changes arrive now. */
  readonly live: (isLive: boolean) => void
}

/** The service sends an answer every five seconds at least: a stream that is silent for longer is dead. */
const SILENCE_MS = 12_000
const PAUSE_MS = 1_000

/**
 * Follows a feed until the signal aborts: takes a cursor, reads what there is, and goes on from the last cursor after each
 * break (docs/watch.md). A page that is not seen does not watch: a browser has six connections for all its tabs.
 */
export async function follow(watch: Watch, signal: AbortSignal): Promise<void> {
  let cursor: string | undefined
  while (!signal.aborted) {
    await untilSeen(signal)
    const { token } = currentSession()
    try {
      for await (const line of lines(watch, cursor, token, signal)) {
        if (cursor === undefined) await watch.reload()
        cursor = line.cursor
        watch.live(true)
        if (line.changes.length > 0) watch.apply(line.changes)
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Refusal && error.reason === 'CURSOR_EXPIRED') cursor = undefined
      else if (error instanceof Refusal && error.status === 401)
        await anotherToken(token, signal).catch(() => undefined)
      else if (error instanceof Refusal && error.status === 403) return
      // Without a feed the view is at least what it was when it was opened.
      if (cursor === undefined) await watch.reload().catch(() => undefined)
    }
    watch.live(false)
    await pause(PAUSE_MS, signal)
  }
}

async function* lines(
  { path, hotel }: Watch,
  cursor: string | undefined,
  token: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Line> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  const hidden = () => document.hidden && silence.abort()
  document.addEventListener('visibilitychange', hidden)
  try {
    const query = cursor === undefined ? { hotel, from_now: 'true' } : { hotel, cursor }
    const answer = await fetch(addressOf({ path, query }), {
      headers: { accept: 'application/json', authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, silence.signal]),
      cache: 'no-store',
    })
    if (!answer.ok) throw await refusalOf(answer)
    if (answer.body === null) throw new NoAnswer('the stream has no body')
    let rest = ''
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MS)
      const parts = (rest + chunk.value).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part !== '') yield read(part)
    }
    if (rest !== '') yield read(rest)
  } finally {
    clearTimeout(timer)
    silence.abort()
    document.removeEventListener('visibilitychange', hidden)
  }
}

/** A line of the stream; one that says why it ends is thrown. */
function read(text: string): Line {
  const line = JSON.parse(text) as Line
  if (line.error !== undefined) throw new Refusal(reasonStatus(line.error), line.error)
  return line
}

/** The stream has begun with 200, so the status is read off the code of gRPC: 16 is UNAUTHENTICATED, 7 PERMISSION_DENIED. */
function reasonStatus(error: { code?: number }): number {
  if (error.code === 16) return 401
  return error.code === 7 ? 403 : 503
}

function untilSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', look, { once: true })
    look()
  })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => [clearTimeout(timer), resolve()], { once: true })
  })
}

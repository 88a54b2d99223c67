import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type Connections, connections, NO_ANSWER } from './connections.ts'
import { type Kind, turnOf } from './mix.ts'

/** How calls come: always so many under way, or so many a second whatever becomes of those before. */
export type Pace = { readonly inFlight: number } | { readonly perSecond: number }

/** What became of the calls that ended in one second; times in milliseconds, from when a call was to be sent. */
export type Second = {
  readonly ok: number
  readonly p50: number
  readonly p99: number
  /** Calls that did not end well, by status. */
  readonly refused: Readonly<Record<string, number>>
}

/** What a stretch of load came to. */
export type Stretch = {
  /** Whole seconds, in order. */
  readonly seconds: readonly Second[]
  /** How long it took until each call had ended. */
  readonly elapsedMs: number
  readonly sent: number
  readonly ok: number
  /** Creates, each with a key: how many were sent, and how many acknowledged. */
  readonly creates: { readonly sent: number; readonly acknowledged: number }
  readonly refused: Readonly<Record<string, number>>
  /** Refusals that say no time after which to come again, by status. */
  readonly withoutDelay: Readonly<Record<string, number>>
  /** Words of refusals, a few of each status: for whoever has to find out why. */
  readonly words: Readonly<Record<string, readonly string[]>>
  /** Calls that were due and for which this side had no connection. */
  readonly unsent: number
}

/** Drives a mix of calls at a gateway; numbers of calls go on from stretch to stretch. */
export type Load = Disposable & { run(pace: Pace, seconds: number): Promise<Stretch> }

/** The time that each call gives the servers. */
const DEADLINE = '5S'
const WORDS_KEPT = 20
const TICK_MS = 2

/** Whose calls these are: the token of one after another. */
export type LoadOptions = {
  readonly address: string
  readonly tokens: readonly string[]
  readonly kinds: readonly Kind[]
  /** What the keys of calls with one begin with, and the number of the first new stay. */
  readonly keys: string
  readonly first: number
}

/** Makes a Load. */
export function load({ address, tokens, kinds, keys, first }: LoadOptions): Load {
  const line = connections(address)
  const turn = turnOf(kinds)
  const numbers = new Map<Kind, number>()
  let calls = 0
  const next = () => {
    const kind = turn[calls % turn.length] as Kind
    const token = tokens[calls % tokens.length] ?? ''
    calls += 1
    const n = numbers.get(kind) ?? (kind.hasKey ? first : 0)
    numbers.set(kind, n + 1)
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, 'grpc-timeout': DEADLINE }
    if (kind.hasKey) headers['idempotency-key'] = `${keys}${n}`
    return { kind, message: kind.request(n), headers }
  }
  return {
    run: (pace, seconds) => drive(line, next, pace, seconds),
    [Symbol.dispose]: () => line.close(),
  }
}

type Next = () => { readonly kind: Kind; readonly message: Uint8Array; readonly headers: Record<string, string> }

async function drive(line: Connections, next: Next, pace: Pace, seconds: number): Promise<Stretch> {
  const began = performance.now()
  const end = began + seconds * 1_000
  const tally = tallyFrom(began)
  const one = async (due: number) => {
    const { kind, message, headers } = next()
    const ending = line.call(kind.path, message, headers)
    if (ending === undefined) return tally.unsent()
    tally.ended(kind, await ending, performance.now() - due)
  }
  if ('inFlight' in pace) {
    const client = async () => {
      while (performance.now() < end) await one(performance.now())
    }
    await Promise.all(Array.from({ length: pace.inFlight }, client))
  } else {
    const under = new Set<Promise<void>>()
    for (let n = 0; ; ) {
      const now = performance.now()
      if (now >= end) break
      for (; began + (n * 1_000) / pace.perSecond <= now; n++) {
        const call = one(began + (n * 1_000) / pace.perSecond)
        under.add(call)
        void call.then(() => under.delete(call))
      }
      await pause(TICK_MS)
    }
    await Promise.all(under)
  }
  return tally.stretch(seconds, performance.now() - began)
}

function tallyFrom(began: number) {
  const open = new Map<number, { ok: number; times: RecordableHistogram; refused: Record<string, number> }>()
  const [refused, withoutDelay, words]: [Record<string, number>, Record<string, number>, Record<string, string[]>] = [
    {},
    {},
    {},
  ]
  let [sent, ok, unsent] = [0, 0, 0]
  const creates = { sent: 0, acknowledged: 0 }
  const count = (counts: Record<string, number>, code: string) => {
    counts[code] = (counts[code] ?? 0) + 1
  }
  return {
    unsent() {
      unsent += 1
    },
    ended(
      kind: Kind,
      { code, details = '', isDelayTold }: { code: string; details?: string; isDelayTold: boolean },
      ms: number,
    ) {
      const at = Math.floor((performance.now() - began) / 1_000)
      const second = open.get(at) ?? { ok: 0, times: createHistogram({ highest: 60_000_000, figures: 2 }), refused: {} }
      open.set(at, second)
      sent += 1
      if (kind.hasKey) creates.sent += 1
      if (code === 'OK') {
        ok += 1
        second.ok += 1
        if (kind.hasKey) creates.acknowledged += 1
        second.times.record(Math.max(1, Math.round(ms * 1_000)))
        return
      }
      count(second.refused, code)
      count(refused, code)
      if (!isDelayTold && code !== NO_ANSWER) count(withoutDelay, code)
      words[code] ??= []
      if (words[code].length < WORDS_KEPT && !words[code].includes(details)) words[code].push(details)
    },
    stretch(seconds: number, elapsedMs: number): Stretch {
      return {
        seconds: Array.from({ length: Math.floor(seconds) }, (_, at) => {
          const second = open.get(at)
          const ms = (percent: number) =>
            second === undefined || second.ok === 0 ? 0 : second.times.percentile(percent) / 1_000
          return { ok: second?.ok ?? 0, p50: ms(50), p99: ms(99), refused: second?.refused ?? {} }
        }),
        elapsedMs,
        sent,
        ok,
        creates,
        refused,
        withoutDelay,
        words,
        unsent,
      }
    },
  }
}

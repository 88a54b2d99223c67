import { Status } from 'nice-grpc'
import { causeOf } from '../errors/cause.ts'
import type { Logger } from './log.ts'
import { pause } from './waiting.ts'

type Job = {
  /** What the log says when a round fails. */
  readonly failed: string
  /** Of that line: `debug` for what is tried again within seconds. */
  readonly level: 'debug' | 'warn'
  /** From the end of a round to the beginning of the next. */
  readonly everyMs: number
  /** After this time a round is told to end by its signal. */
  readonly limitMs: number
  /** Whether the first round begins at once. */
  readonly atOnce?: boolean
  readonly log: Logger
}

/** Ends a job: tells the round that runs, and resolves when it has ended. */
export type StopJob = () => Promise<void>

/** Runs a round of work now and then, the next one only after the one before has ended. A failure is logged. */
export function intervalJob(job: Job, round: (signal: AbortSignal) => Promise<void>): StopJob {
  const { failed, level, everyMs, limitMs, atOnce = false, log } = job
  const stopping = new AbortController()
  const run = async () => {
    if (!atOnce) await pause(everyMs, stopping.signal)
    while (!stopping.signal.aborted) {
      try {
        await round(AbortSignal.any([stopping.signal, AbortSignal.timeout(limitMs)]))
      } catch (error) {
        if (!isStopped(stopping.signal)) log[level]({ err: causeOf(error) }, failed)
      }
      await pause(everyMs, stopping.signal)
    }
  }
  const running = run()
  return async () => {
    stopping.abort()
    await running
  }
}

const HOTELS_AT_ONCE = 4

/**
 * Does the works of a round hotel by hotel, a few hotels at once: what fails is logged and holds up no other hotel. A hotel
 * that is busy, or whose peer does not answer, is left for the next round and comes last then. Ends early when the signal
 * aborts, which the works are given too.
 */
export type ByHotel = <Work>(
  works: ReadonlyMap<string, readonly Work[]>,
  signal: AbortSignal,
  act: (hotel: string, work: Work, signal: AbortSignal) => Promise<void>,
) => Promise<void>

/** Makes the ByHotel of one job, which remembers what failed. */
export function byHotel({ failed, level, log }: Pick<Job, 'failed' | 'level' | 'log'>): ByHotel {
  const failing = new Set<string>()
  return async (works, signal, act) => {
    const line = [...works].sort(([a], [b]) => Number(failing.has(a)) - Number(failing.has(b)))
    const ofHotel = async (hotel: string, all: readonly Parameters<typeof act>[1][]) => {
      failing.delete(hotel)
      for (const work of all) {
        if (signal.aborted) return
        try {
          await act(hotel, work, signal)
        } catch (error) {
          if (isStopped(signal)) return
          failing.add(hotel)
          log[level]({ err: causeOf(error), hotel }, failed)
          if (isForNow(error)) return
        }
      }
    }
    const worker = async () => {
      for (let next = line.shift(); next !== undefined; next = line.shift()) await ofHotel(...next)
    }
    await Promise.all(Array.from({ length: HOTELS_AT_ONCE }, worker))
  }
}

/** Whether the process is to end: what is given up then is not worth a line. */
function isStopped(signal: AbortSignal): boolean {
  return signal.aborted && (signal.reason as Error).name !== 'TimeoutError'
}

/** Whether the next work of the same hotel would fail in the same way. */
function isForNow(error: unknown): boolean {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return (
    code === Status.UNAVAILABLE || code === Status.DEADLINE_EXCEEDED || name === 'TimeoutError' || name === 'AbortError'
  )
}

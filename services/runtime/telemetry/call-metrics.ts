import type { Registry } from 'prom-client'
import type { Reason } from '../errors/refusal.ts'
import { showFamily, type Value } from '../library-patches/prom-client/foreign-family.ts'

/** Which method a call is of. */
export type MethodLabels = {
  readonly grpc_type: 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream'
  readonly grpc_service: string
  readonly grpc_method: string
}

/** Counts the calls of one method. */
export type MethodCalls = {
  started(): void
  /** The code by its name, as NOT_FOUND; the documented reason of a refusal. */
  handled(code: string, seconds: number, reason?: Reason): void
}

/** Gives what counts the calls of a method: to be kept, so that nothing is looked up by labels for a call. */
export type CallMetrics = (method: MethodLabels) => MethodCalls

/** The upper bounds of the histogram. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The numbers of one method. */
type Tally = {
  readonly labels: MethodLabels
  started: number
  ended: number
  seconds: number
  /** How many took so long, by the index of the bound; those above all at the end. */
  readonly durations: number[]
  readonly codes: Map<string, number>
  readonly reasons: Map<Reason, number>
}

/**
 * Counts the calls of one side. A method has plain numbers, and what Prometheus reads is made of them when it asks.
 */
export function callMetrics(registry: Registry, side: 'server' | 'client', calls: string): CallMetrics {
  const tallies = new Map<string, Tally>()
  const show = (type: 'counter' | 'histogram', name: string, help: string, valuesOf: (tally: Tally) => Value[]) =>
    showFamily(registry, { type, name, help }, () => [...tallies.values()].flatMap(valuesOf))
  show('counter', `grpc_${side}_started_total`, `Calls ${calls} that have begun, by method.`, (tally) => [
    { labels: tally.labels, value: tally.started },
  ])
  show('counter', `grpc_${side}_handled_total`, `Calls ${calls} that have ended, by method and status code.`, (tally) =>
    [...tally.codes].map(([grpc_code, value]) => ({ labels: { ...tally.labels, grpc_code }, value })),
  )
  const handling = `grpc_${side}_handling_seconds`
  const help = `Time from the beginning of calls ${calls} to their end, by method.`
  show('histogram', handling, help, (tally) => histogramOf(handling, tally))
  if (side === 'server')
    show(
      'counter',
      'hotel_refusals_total',
      'Calls refused, by method and the documented reason of the refusal.',
      ({ labels: { grpc_service, grpc_method }, reasons }) =>
        [...reasons].map(([reason, value]) => ({ labels: { grpc_service, grpc_method, reason }, value })),
    )

  return (labels) => {
    const key = `${labels.grpc_type} ${labels.grpc_service}/${labels.grpc_method}`
    const tally = tallies.get(key) ?? emptyTally(labels)
    tallies.set(key, tally)
    return counting(tally)
  }
}

function emptyTally(labels: MethodLabels): Tally {
  const durations = Array.from({ length: SECONDS.length + 1 }, () => 0)
  return { labels, started: 0, ended: 0, seconds: 0, durations, codes: new Map(), reasons: new Map() }
}

function counting(tally: Tally): MethodCalls {
  return {
    started() {
      tally.started += 1
    },
    handled(code, seconds, reason) {
      tally.ended += 1
      tally.seconds += seconds
      let bound = 0
      while (seconds > (SECONDS[bound] ?? Number.POSITIVE_INFINITY)) bound += 1
      tally.durations[bound] = (tally.durations[bound] ?? 0) + 1
      tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1)
      if (reason !== undefined) tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1)
    },
  }
}

/** The series of a histogram: those of its buckets count what is not above their bound. */
function histogramOf(name: string, { labels, durations, seconds, ended }: Tally): Value[] {
  if (ended === 0) return []
  let upTo = 0
  const buckets = SECONDS.map((le, index) => {
    upTo += durations[index] ?? 0
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: upTo }
  })
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: ended },
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: ended },
  ]
}

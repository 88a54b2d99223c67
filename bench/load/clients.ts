import type { Processes, Round, Side } from '../frame/figure.ts'
import { ascending, quantile } from '../frame/statistics.ts'

/** A call that each of some clients in this process makes again and again. */
export type ClientLoad = {
  readonly name: string
  readonly clients: number
  readonly call: () => Promise<unknown>
  /** What is done before each call, outside its time. */
  readonly before?: () => Promise<unknown>
  readonly processes?: Processes
}

/** A side whose calls are made from here: for what no generator of load can ask. */
export function clientSide({ name, clients, call, before, processes }: ClientLoad): Side {
  const round = async (seconds: number): Promise<Round> => {
    const times: number[] = []
    const end = performance.now() + seconds * 1_000
    const client = async () => {
      while (performance.now() < end) {
        await before?.()
        const began = performance.now()
        await call()
        times.push(performance.now() - began)
      }
    }
    await Promise.all(Array.from({ length: clients }, client))
    const sorted = ascending(times)
    const busy = times.reduce((sum, time) => sum + time, 0) / clients
    return {
      value: (times.length / busy) * 1_000,
      calls: times.length,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
    }
  }
  return { name, by: 'clients of the bench', inFlight: clients, ...(processes && { processes }), round }
}

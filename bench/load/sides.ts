import type { Processes, Side } from '../frame/figure.ts'
import { type GhzLoad, ghz } from './ghz.ts'
import { type GrpcLoad, h2loadGrpc } from './h2load.ts'
import { type PgbenchLoad, pgbench } from './pgbench.ts'

/** A side that ghz drives: the same requests again and again. */
export function ghzSide(name: string, load: GhzLoad, processes?: Processes): Side {
  const { inFlight } = load
  return { name, by: 'ghz', inFlight, ...(processes && { processes }), round: (seconds) => ghz(load, seconds) }
}

/** A side that h2load drives by gRPC: one call again and again, whose answers are large. */
export function grpcSide(name: string, load: GrpcLoad, processes?: Processes): Side {
  const round = (seconds: number) => h2loadGrpc(load, seconds)
  return { name, by: 'h2load', inFlight: load.clients, ...(processes && { processes }), round }
}

/** A side that pgbench drives; what the load is may differ from round to round. */
export function pgbenchSide(
  name: string,
  clients: number,
  load: () => PgbenchLoad | Promise<PgbenchLoad>,
  processes?: Processes,
): Side {
  return {
    name,
    by: 'pgbench',
    inFlight: clients,
    ...(processes && { processes }),
    round: async (seconds) => pgbench(await load(), seconds),
  }
}

/** So many calls in flight as the gateway would have on one connection. */
const PER_CONNECTION = 32

/** On how many connections so many calls in flight go. */
export function connectionsFor(inFlight: number): number {
  return Math.ceil(inFlight / PER_CONNECTION)
}

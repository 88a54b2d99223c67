import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Round } from '../frame/figure.ts'
import { ascending, quantile } from '../frame/statistics.ts'
import { handledOf } from './metrics.ts'
import { outputOf } from './programs.ts'

/**
 * Requests by h2load, on connections that stay: of REST over HTTP/1.1, as most of its clients speak it, or of gRPC, whose
 * answers are read and not decoded.
 */
export type H2loadLoad = {
  /** `http://host:port` */
  readonly origin: string
  /** In turn, each client from the first on. */
  readonly paths: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** Sent with each request, which is a POST then. */
  readonly body?: string | Uint8Array
  /** Over HTTP/2, each client on a connection of its own. */
  readonly http2?: boolean
  /** Clients, each with one request under way. */
  readonly clients: number
  /** The status that is the right answer: 200 unless given. */
  readonly expected?: number
}

/** Requests that are under way when the time is over do not count. */
export async function h2load(load: H2loadLoad, seconds: number): Promise<Round> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hotel-h2load-'))
  try {
    const [paths, body, log] = ['paths', 'body', 'log'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(paths, load.paths.map((each) => `${load.origin}${each}\n`).join(''))
    if (load.body !== undefined) await writeFile(body, load.body)
    await outputOf('h2load', [
      ...[...(load.http2 === true ? [] : ['--h1']), '--clients', String(load.clients)],
      ...['--duration', `${Math.round(seconds * 1_000)}ms`],
      ...['--input-file', paths, '--log-file', log],
      ...(load.body === undefined ? [] : ['--data', body]),
      ...Object.entries(load.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ])
    return roundOf(await readFile(log, 'utf8'), load.expected ?? 200, seconds)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A unary call of gRPC again and again: calls that do not end with OK, by the service's own metrics, have failed. */
export type GrpcLoad = {
  /** `host:port`, and that of its metrics. */
  readonly address: string
  readonly metricsAddress: string
  /** As `hotel.guests.v1.GuestService.GetGuest`. */
  readonly method: string
  readonly request: Uint8Array
  readonly metadata: Readonly<Record<string, string>>
  readonly clients: number
}

/** For answers so large that decoding them, as ghz does, would take more of the processors than the call. */
export async function h2loadGrpc(load: GrpcLoad, seconds: number): Promise<Round> {
  const [, service = '', method = ''] = /^(.*)\.(\w+)$/.exec(load.method) ?? []
  const before = await handledOf(load.metricsAddress, method)
  const round = await h2load(
    {
      origin: `http://${load.address}`,
      paths: [`/${service}/${method}`],
      headers: { ...load.metadata, 'content-type': 'application/grpc', te: 'trailers' },
      body: framed(load.request),
      clients: load.clients,
      http2: true,
    },
    seconds,
  )
  const after = await handledOf(load.metricsAddress, method)
  const failed = [...after]
    .map(([code, count]) => [code, count - (before.get(code) ?? 0)] as const)
    // Those that run when the time is over are cancelled.
    .filter(([code, count]) => count > 0 && code !== 'OK' && code !== 'CANCELLED')
  return failed.length === 0 ? round : { ...round, value: 0, calls: 0, failed: Object.fromEntries(failed) }
}

/** A message as gRPC sends it: not compressed, behind its length. */
function framed(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** Of each request the log has a line: when it began, its status, and how long it took, in microseconds. */
function roundOf(log: string, expected: number, seconds: number): Round {
  const times: number[] = []
  const failed: Record<string, number> = {}
  for (const line of log.split('\n').filter((each) => each !== '')) {
    const [, status = '', took] = line.split('\t')
    if (Number(status) === expected) times.push(Number(took) / 1_000)
    else failed[status] = (failed[status] ?? 0) + 1
  }
  const sorted = ascending(times)
  return {
    value: times.length / seconds,
    calls: times.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    ...(Object.keys(failed).length > 0 && { failed }),
  }
}

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Round } from '../frame/figure.ts'
import { ascending, quantile } from '../frame/statistics.ts'
import { outputOf } from './programs.ts'

/** Requests of REST by h2load, over HTTP/1.1 as most clients of REST speak it, on connections that stay. */
export type H2loadLoad = {
  /** `http://host:port` */
  readonly origin: string
  /** In turn, each client from the first on. */
  readonly paths: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** Sent with each request, which is a POST then. */
  readonly body?: string
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
      ...['--h1', '--clients', String(load.clients), '--duration', `${Math.round(seconds * 1_000)}ms`],
      ...['--input-file', paths, '--log-file', log],
      ...(load.body === undefined ? [] : ['--data', body]),
      ...Object.entries(load.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
    ])
    return roundOf(await readFile(log, 'utf8'), load.expected ?? 200, seconds)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
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

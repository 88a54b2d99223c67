import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from '../../stack/setup/run.mjs'
import type { Round } from '../frame/figure.ts'
import { ascending, quantile } from '../frame/statistics.ts'
import { outputOf } from './programs.ts'

/** Calls of one method at one address by ghz. */
export type GhzLoad = {
  /** `host:port` */
  readonly address: string
  /** As `hotel.guests.v1.GuestService.GetGuest`. */
  readonly method: string
  /** The requests, encoded: sent in turn, from the first on. */
  readonly requests: readonly Uint8Array[]
  /** `{{.RequestNumber}}` in it is the number of the call, from 0, at the price of making it anew for each call. */
  readonly metadata: Readonly<Record<string, string>>
  readonly inFlight: number
  /** Connections that these are spread over. */
  readonly connections?: number
  /** The status that is the right answer: OK unless given. */
  readonly expected?: string
  /** At most so many calls a second. */
  readonly perSecond?: number
}

/** A round by ghz: the answers are counted by status, and only the expected ones are calls. */
export type GhzRound = Round & {
  /** How many calls were made in all, in the order of the requests. */
  readonly sent: number
}

/** Calls that run when the time is over are waited for: so the answer to each is known. */
export async function ghz(load: GhzLoad, seconds: number): Promise<GhzRound> {
  return roundOf(await callsOf(load, seconds), load.expected)
}

/** Several at once, as one load, and each by itself. */
export async function ghzTogether(
  loads: readonly GhzLoad[],
  seconds: number,
): Promise<GhzRound & { readonly rounds: readonly GhzRound[] }> {
  const calls = await Promise.all(loads.map((load) => callsOf(load, seconds)))
  return { ...roundOf(calls.flat(), loads[0]?.expected), rounds: calls.map((each) => roundOf(each)) }
}

/** One call as ghz tells of it: when it ended, how long it took in nanoseconds, and its status. */
type Call = { readonly timestamp: string; readonly latency: number; readonly status: string }

async function callsOf(load: GhzLoad, seconds: number): Promise<readonly Call[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hotel-ghz-'))
  try {
    const [data, output] = [path.join(folder, 'requests'), path.join(folder, 'report.json')]
    await writeFile(data, delimited(load.requests))
    await outputOf('ghz', argumentsOf(load, data, output, seconds))
    const { details } = JSON.parse(await readFile(output, 'utf8')) as { details: readonly Call[] | null }
    return details ?? []
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function argumentsOf(load: GhzLoad, data: string, output: string, seconds: number): string[] {
  const { address, method, metadata, inFlight, connections = 1, perSecond } = load
  return [
    ...['--insecure', '--protoset', path.join(root, 'proto', 'gen', 'api.binpb'), '--call', method],
    ...['--binary-file', data, '--metadata', JSON.stringify(metadata)],
    ...['--concurrency', String(inFlight), '--connections', String(connections)],
    ...(perSecond === undefined ? [] : ['--rps', String(Math.ceil(perSecond))]),
    ...['--duration', `${Math.round(seconds * 1_000)}ms`, '--duration-stop', 'wait'],
    ...['--format', 'json', '--output', output, address],
  ]
}

/** The time is from the first call to the last answer. */
function roundOf(calls: readonly Call[], expected = 'OK'): GhzRound {
  const times = ascending(calls.filter(({ status }) => status === expected).map(({ latency }) => latency / 1e6))
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  const failed: Record<string, number> = {}
  for (const { timestamp, latency, status } of calls) {
    const ended = Date.parse(timestamp)
    first = Math.min(first, ended - latency / 1e6)
    last = Math.max(last, ended)
    if (status !== expected) failed[status] = (failed[status] ?? 0) + 1
  }
  return {
    value: (times.length / (last - first)) * 1_000,
    calls: times.length,
    sent: calls.length,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    ...(Object.keys(failed).length > 0 && { failed }),
  }
}

/** Messages one after another, each behind its length, as ghz reads them. */
function delimited(messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [varint(message.length), message]))
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Uint8Array.from([...bytes, rest])
}

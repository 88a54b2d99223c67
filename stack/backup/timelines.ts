import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Manifest } from './manifest.ts'

/** Of a piece of the log, whose name is its timeline and its place, each part 8 hexadecimal digits. */
const SEGMENT_BYTES = 0x1000000n

/**
 * Whether the archive of the log goes on without a backup: an earlier restore began a timeline at a moment before the backup's
 * end, and the log of the backup was left there. https://www.postgresql.org/docs/current/continuous-archiving.html
 */
export async function isLeft({ wal }: Pick<Manifest, 'wal'>, walArchive: string): Promise<boolean> {
  const names = (await readdir(walArchive).catch(() => [])).filter((name) => /^[0-9A-F]{8}\.history$/.test(name))
  const newest = names.sort().at(-1)
  if (newest === undefined) return false
  const fork = forkOf(Number.parseInt(wal.last.slice(0, 8), 16), await readFile(path.join(walArchive, newest), 'utf8'))
  // A backup ends with a piece of the log of its own.
  return fork !== undefined && fork < (placeOf(wal.last) + 1n) * SEGMENT_BYTES
}

/** Where the next timeline parts from one, by the history of the newest; undefined when none does. */
function forkOf(timeline: number, history: string): bigint | undefined {
  for (const line of history.split('\n')) {
    const [, number, high = '', low = ''] = /^(\d+)\s+([0-9A-F]+)\/([0-9A-F]+)/.exec(line) ?? []
    if (Number(number) === timeline) return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
  }
  return undefined
}

function placeOf(segment: string): bigint {
  const perHigh = 0x100000000n / SEGMENT_BYTES
  return BigInt(`0x${segment.slice(8, 16)}`) * perHigh + BigInt(`0x${segment.slice(16)}`)
}

import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { type ErasedGuest, erasuresText, readErasures } from '../erasures/erasure-list.ts'
import { startOf } from '../identity/identity.ts'
import { replaceFile } from '../identity/issuer.ts'
import { exists } from '../run/exists.ts'
import { Problem } from '../setup/problem.mjs'
import { MANIFEST } from './manifest.ts'

/** The guests erased up to the last backup: ids only, for all backups of the folder. */
const ERASURES = 'erasures.csv'
const PREFIX = 'hotel-'
const PARTIAL = 'partial-'
const OWN_NAME = /^partial-hotel-.+-([0-9a-f]{8})-(\d+)-([0-9a-f]{8})$/
/** No backup takes longer. */
const LONGEST_MS = 7 * 24 * 3_600_000

/** The name of a backup that is begun now; by name they are in the order of time. */
export function backupName(now: Date): string {
  return `${PREFIX}${now.toISOString().replaceAll(':', '-').replace('.', '-')}`
}

/** The name of a backup as long as this process makes it. */
export function partialName(name: string): string {
  return `${PARTIAL}${name}-${markOf(process.pid)}`
}

/**
 * Removes what backups that were killed have left in a folder. One that is being made stays, and so does any of another machine,
 * which may share the folder, as long as it may be under way.
 */
export async function removeKilled(folder: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, host, pid, start] = OWN_NAME.exec(name) ?? []
    if (pid === undefined) continue
    const isOver =
      host === digest(hostname())
        ? start !== digest(startOf(Number(pid)) ?? '')
        : now - (await stat(path.join(folder, name))).mtimeMs > LONGEST_MS
    if (isOver) await rm(path.join(folder, name), { recursive: true, force: true })
  }
}

/** A process for good, also when its id is used again, and its machine. */
function markOf(pid: number): string {
  return [digest(hostname()), pid, digest(startOf(pid) ?? '')].join('-')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

/** The backups in a folder, the oldest first. What was interrupted has no manifest, and is none. */
export async function listBackups(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => {
    throw new Problem(`There is no folder ${folder}: name the one that \`npm run backup\` was given.`)
  })
  const found = await Promise.all(
    names
      .filter((name) => name.startsWith(PREFIX))
      .map(async (name) => ((await exists(path.join(folder, name, MANIFEST))) ? [name] : [])),
  )
  return found.flat().sort()
}

/** Adds to the list of erasures that is kept beside the backups, so that an older one is restored without who was erased since. */
export async function keepErasures(folder: string, erased: readonly ErasedGuest[]): Promise<void> {
  const all = new Set([...(await keptErasures(folder)), ...erased].map((each) => erasuresText([each])))
  await replaceFile(path.join(folder, ERASURES), [...all].join(''), 0o600)
}

/** The list that is kept beside the backups. */
export async function keptErasures(folder: string): Promise<ErasedGuest[]> {
  const text = await readFile(path.join(folder, ERASURES), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return readErasures(text)
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type PerService, serviceNames } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import type { Encryption } from './encryption.ts'
import type { Part } from './parts.ts'

/** What a backup says of itself, in `manifest.json`; it is written last. */
export type Manifest = {
  readonly format: typeof FORMAT
  /** The databases are as they were at this moment. */
  readonly time: string
  /** The server's major version. */
  readonly postgres: string
  readonly wal: { readonly first: string; readonly last: string }
  /** The last migration of each database. */
  readonly migrations: PerService<string>
  readonly encryption: Encryption
  /** The server's files, the log by which they become consistent, and the secrets of the data folder. */
  readonly parts: { readonly server: Part; readonly log: Part; readonly secrets: Part }
}

/** Changes when a build before could not restore what this one writes. */
export const FORMAT = 1

/** Its name in a backup's folder. */
export const MANIFEST = 'manifest.json'

/** Reads a backup's manifest; throws a Problem unless it is one that this build can restore. */
export async function readManifest(backup: string): Promise<Manifest> {
  const file = path.join(backup, MANIFEST)
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Problem(
      `${backup} is not a backup: it has no ${MANIFEST}. Name a folder that \`npm run backup\` has filled.`,
    )
  })
  const manifest = parse(text) as Manifest | undefined
  if (manifest?.format !== undefined && manifest.format !== FORMAT)
    throw new Problem(
      `${backup} has the format ${manifest.format}, not ${FORMAT}: restore it by the build that made it.`,
    )
  if (!isWhole(manifest)) throw new Problem(`The backup is damaged: ${file} cannot be read. Use another backup.`)
  return manifest
}

function isWhole(manifest: Partial<Manifest> | undefined): manifest is Manifest {
  const { time, postgres, wal, migrations, encryption, parts } = manifest ?? {}
  const texts = [time, postgres, wal?.first, wal?.last, ...serviceNames.map((service) => migrations?.[service])]
  const all = [parts?.server, parts?.log, parts?.secrets]
  return (
    manifest?.format === FORMAT &&
    texts.every((each) => typeof each === 'string') &&
    encryption !== undefined &&
    all.every((part) => typeof part?.file === 'string' && path.basename(part.file) === part.file)
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

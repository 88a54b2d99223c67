import { existsSync } from 'node:fs'
import path from 'node:path'
import { embeddedVersion } from '../servers/postgres/embedded-postgres.ts'
import { type ServiceName, serviceNames } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { listBackups } from './backup-folder.ts'
import { MANIFEST, type Manifest, readManifest } from './manifest.ts'
import { verifyPart } from './parts.ts'
import { isLeft } from './timelines.ts'

const LEFT =
  'the archive goes on from an earlier restore, which left the log of this backup: name the folder of a backup from before that restore or after it, or give `--until backup`'

/**
 * The backup of a folder to restore: the folder itself if it is one, else the last one made before a moment. A backup whose log
 * was left by the archive that it is to be followed from is none.
 */
export async function chooseBackup(folder: string, until?: Date, walArchive?: string): Promise<string> {
  const follows = async (backup: string) =>
    walArchive === undefined || !(await isLeft(await readManifest(backup), walArchive))
  if (existsSync(path.join(folder, MANIFEST))) {
    if (await follows(folder)) return folder
    throw new Problem(`${folder} cannot be followed by WAL_ARCHIVE: ${LEFT}.`)
  }
  const backups = (await listBackups(folder)).map((name) => path.join(folder, name)).reverse()
  if (backups.length === 0)
    throw new Problem(`${folder} has no backup: name the folder that \`npm run backup\` has filled.`)
  const made = []
  for (const backup of backups) if (until === undefined || (await madeBefore(backup, until))) made.push(backup)
  if (made.length === 0)
    throw new Problem(`${folder} has no backup from before ${until?.toISOString()}: give a later time.`)
  for (const backup of made) if (await follows(backup)) return backup
  throw new Problem(`${folder} has no backup that WAL_ARCHIVE follows: ${LEFT}.`)
}

async function madeBefore(backup: string, until: Date): Promise<boolean> {
  return Date.parse((await readManifest(backup)).time) <= until.getTime()
}

/** Reads what a backup says of itself; throws a Problem unless it is whole and this build can restore it. */
export async function examine(backup: string): Promise<Manifest> {
  const manifest = await readManifest(backup)
  const version = await embeddedVersion()
  if (!version.startsWith(`${manifest.postgres}.`))
    throw new Problem(
      `${backup} is of Postgres ${manifest.postgres}, and this build has ${version}: restore it by the build that made it.`,
    )
  for (const service of serviceNames)
    if (!(await knowsMigration(service, manifest.migrations[service])))
      throw new Problem(
        `${backup} is of a newer build: its ${service} has the migration ${manifest.migrations[service]}, which this one does not know. Restore it by that build.`,
      )
  for (const part of Object.values(manifest.parts)) await verifyPart(backup, part)
  return manifest
}

async function knowsMigration(service: ServiceName, name: string): Promise<boolean> {
  return (await migrationsOf(service)).includes(name)
}

/** The names of a service's migrations, in order, as this build has them. */
export async function migrationsOf(service: ServiceName): Promise<readonly string[]> {
  const { migrations } = (await import(`@hotel/${service}/migrations`)) as {
    readonly migrations: readonly { readonly name: string }[]
  }
  return migrations.map(({ name }) => name)
}

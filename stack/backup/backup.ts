import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Client } from 'pg'
import { type Config, readConfig } from '../config.ts'
import { listErasures } from '../erasures/erasure-list.ts'
import { replaceFile } from '../identity/issuer.ts'
import { oneFolder, readArguments } from '../run/command-line.ts'
import { runMain } from '../run/run-main.ts'
import { stopSignal } from '../run/stop-signal.ts'
import { administer } from '../servers/administer.ts'
import { demandRunning, ownServerUrl } from '../servers/own-server.ts'
import { databaseUrl } from '../servers/provision.ts'
import { perServiceAsync } from '../service-names.ts'
import { Problem, unwritable } from '../setup/problem.mjs'
import { backupName, keepErasures, partialName, removeKilled } from './backup-folder.ts'
import { encrypting, encryptionFor } from './encryption.ts'
import { FORMAT, MANIFEST, type Manifest } from './manifest.ts'
import { writePart } from './parts.ts'
import { copyServer } from './server-files.ts'

const HELP = `npm run backup -- FOLDER [--recipient WHO]: adds a backup of the suite that \`npm start\` runs, while it runs.

  FOLDER             holds all backups; put it on another disk than the data
  --recipient WHO    encrypts for a public key of age (age1…, ssh-…), or of GnuPG (a key id or an address)

DATA_DIR and POSTGRES_PORT are those of \`npm start\`. \`npm run restore -- FOLDER\` brings it back (docs/operating.md).`

/** What a backup is made of and for whom. */
export type BackupOptions = Pick<Config, 'dataDir' | 'adminUrls' | 'ports'> & {
  readonly folder: string
  readonly recipient?: string | undefined
  /** Gives it up. */
  readonly signal?: AbortSignal
}

/** Adds a backup to the folder while the suite runs, all databases at one point of time; gives the backup's folder. */
export async function backUp({ folder, recipient, signal, ...config }: BackupOptions): Promise<string> {
  const url = await serverUrl(config)
  const encrypt = encrypting(recipient)
  const name = backupName(new Date())
  const partial = path.join(folder, partialName(name))
  try {
    await mkdir(folder, { recursive: true })
    await removeKilled(folder)
    await mkdir(partial, { mode: 0o700 })
    const postgres = await administer(url, async (client) => {
      const files = await copyServer(client, partial, encrypt, signal)
      const { rows } = await client.query<{ major: string }>(
        `select (current_setting('server_version_num')::int / 10000)::text as major`,
      )
      return { ...files, major: rows[0]?.major ?? '' }
    })
    const secrets = await writePart(partial, 'secrets', ['-C', config.dataDir, 'secrets.json', ...issuerKey(config)], {
      encrypt,
      signal,
    })
    const manifest: Manifest = {
      format: FORMAT,
      time: postgres.time,
      postgres: postgres.major,
      wal: postgres.wal,
      migrations: await perServiceAsync((service) => administer(databaseUrl(url, service), lastMigration)),
      encryption: encryptionFor(recipient),
      parts: { server: postgres.server, log: postgres.log, secrets },
    }
    signal?.throwIfAborted()
    await keepErasures(folder, await erasuresOf(url))
    await replaceFile(path.join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, 0o600)
    await rename(partial, path.join(folder, name))
    return path.join(folder, name)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    if (signal?.aborted) throw new Problem('The backup was interrupted: nothing of it stays.')
    throw unwritable(error, 'name another folder for the backups')
  }
}

/** The administrator's URL of the server that `npm start` runs. */
async function serverUrl({ dataDir, adminUrls, ports }: Omit<BackupOptions, 'folder'>): Promise<string> {
  demandOwnServer(adminUrls, 'backup')
  demandRunning(dataDir)
  return ownServerUrl({ dataDir, ports })
}

/** Throws a Problem where the databases are on servers that are not ours. */
export function demandOwnServer(adminUrls: Config['adminUrls'], command: 'backup' | 'restore'): void {
  if (Object.values(adminUrls).every((url) => url === undefined)) return
  throw new Problem(
    `\`npm run ${command}\` is for the server that \`npm start\` runs, and DATABASE_URL names another: use that server's own means (docs/operating.md).`,
  )
}

/** The development issuer's key, where the suite has one. */
function issuerKey({ dataDir }: Pick<Config, 'dataDir'>): string[] {
  const key = path.join('issuer', 'key.json')
  return existsSync(path.join(dataDir, key)) ? ['--no-recursion', path.dirname(key), key] : []
}

async function lastMigration(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select name from migration order by name desc limit 1')
  return rows[0]?.name ?? ''
}

/** The erased guests, by the databases of the server at this URL. */
export function erasuresOf(url: string) {
  return administer(databaseUrl(url, 'guests'), (guests) =>
    administer(databaseUrl(url, 'reservations'), (reservations) => listErasures({ guests, reservations })),
  )
}

/** `npm run backup`. */
async function main(args: readonly string[]): Promise<void> {
  const options = { recipient: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = readArguments(args, options, HELP)
  if (values.help) return console.log(HELP)
  const folder = oneFolder(positionals, 'for the backups', HELP)
  const began = performance.now()
  const backup = await backUp({ ...readConfig(), folder, recipient: values.recipient, signal: stopSignal() })
  console.log(`${backup} is made in ${((performance.now() - began) / 1_000).toFixed(1)} s.`)
  if (values.recipient === undefined)
    console.log(
      'It holds personal data and secrets in the clear: keep it where nobody else reads, or give --recipient.',
    )
}

if (import.meta.main) runMain(main)

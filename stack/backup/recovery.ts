import { randomUUID } from 'node:crypto'
import { cp, lchown, mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ErasedGuest, listErasures, replayErasures } from '../erasures/erasure-list.ts'
import { existingSecrets, type Secrets } from '../identity/secrets.ts'
import { exists } from '../run/exists.ts'
import { freePort } from '../run/ports.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { administer } from '../servers/administer.ts'
import { type Postgres, query, startPostgres } from '../servers/postgres/postgres.ts'
import { CLUSTER, RESTORING } from '../servers/postgres/postgres-cluster.ts'
import { dataFolder, type ServerUser, serverUser } from '../servers/postgres/postgres-user.ts'
import { databaseUrl } from '../servers/provision.ts'
import { serviceNames } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { erasuresOf } from './backup.ts'
import { decrypting } from './encryption.ts'
import type { Manifest } from './manifest.ts'
import { unpackPart } from './parts.ts'
import { recoverySettings, type Until, untilNotReached } from './recovery-target.ts'

/** A backup that is being brought back to a data folder, which was claimed. */
export type Recovery = {
  readonly backup: string
  readonly manifest: Manifest
  readonly dataDir: string
  /** The file of age's private key. */
  readonly identity: string | undefined
  readonly walArchive: string | undefined
  readonly until: Until
  /** The erased guests that other sources know. */
  readonly erased: readonly ErasedGuest[]
  readonly around: SupervisorContext
}

/** A folder beside the data with the secrets of the backup, while it is brought back. */
const SECRETS = 'secrets-'
/** Recovery takes as long as there is log. */
const PATIENCE_MS = 24 * 3_600_000

/** Unpacks the backup beside the data and brings it to its point of time there; only then it takes the place of the data. */
export async function recover(recovery: Recovery): Promise<void> {
  const { dataDir, around } = recovery
  const shown = path.join(dataDir, 'postgres')
  const user = await serverUser(shown)
  const data = await dataFolder(shown, user)
  const restoring = path.join(data, RESTORING)
  const secrets = path.join(data, `${SECRETS}${randomUUID()}`)
  await removeKilled(data)
  try {
    await unpack(recovery, restoring)
    const kept = await unpackSecrets(recovery, secrets)
    const erased = [...recovery.erased, ...(await erasuresOfReplaced(recovery, data, kept.now))]
    around.say('Postgres reads its log ...')
    await writeFile(path.join(restoring, 'recovery.signal'), '')
    if (user !== undefined) await giveTo(restoring, user)
    const server = await start(
      recovery,
      RESTORING,
      kept.backups.postgres,
      recoverySettings(recovery.walArchive, recovery.until),
    )
    try {
      await settle(server, kept.now.postgres, erased)
    } finally {
      await server.process.stop()
    }
    around.signal.throwIfAborted()
    await cp(secrets, dataDir, { recursive: true, force: false })
    await takePlace(data, around)
  } catch (error) {
    await rm(restoring, { recursive: true, force: true })
    if (around.signal.aborted) throw new Problem('The restore was interrupted: the data is as it was before.')
    throw untilNotReached(error)
  } finally {
    await rm(secrets, { recursive: true, force: true })
  }
}

/** Removes what a restore that was killed has left; the data folder was claimed, so that no other is under way. */
async function removeKilled(data: string): Promise<void> {
  for (const name of await readdir(data))
    if (name === RESTORING || name.startsWith(SECRETS))
      await rm(path.join(data, name), { recursive: true, force: true })
}

async function unpack({ backup, manifest, identity, around }: Recovery, target: string): Promise<void> {
  const { server, log } = manifest.parts
  await mkdir(target, { mode: 0o700 })
  const needed = server.unpackedBytes + log.unpackedBytes
  const { bavail, bsize } = await statfs(target)
  if (bavail * bsize < needed)
    throw new Problem(
      `The backup takes ${needed} bytes, and there are ${bavail * bsize} left for ${target}: free some room.`,
    )
  around.say(`Unpacking ${backup} ...`)
  const decrypt = decrypting(manifest.encryption, identity)
  for (const { file } of [server, log]) await unpackPart(path.join(backup, file), target, decrypt, around.signal)
}

/**
 * The secrets of the backup, and those that hold from now on: the secrets of the data folder, if it has any, as what callers
 * hold was made by them.
 */
async function unpackSecrets({ backup, manifest, identity, dataDir, around }: Recovery, folder: string) {
  await mkdir(folder, { mode: 0o700 })
  const decrypt = decrypting(manifest.encryption, identity)
  await unpackPart(path.join(backup, manifest.parts.secrets.file), folder, decrypt, around.signal)
  const backups = await existingSecrets(folder)
  const isKept = await exists(path.join(dataDir, 'secrets.json'))
  return { backups, now: isKept ? await existingSecrets(dataDir) : backups }
}

/** What the data that is replaced says of erasures, which may be later than all backups; what cannot start any more says nothing. */
async function erasuresOfReplaced(recovery: Recovery, data: string, { postgres }: Secrets): Promise<ErasedGuest[]> {
  if (!(await exists(path.join(data, CLUSTER, 'PG_VERSION')))) {
    if (recovery.until !== undefined)
      recovery.around.say(
        'Guests erased after this moment and after the last backup are not known: give their list by `npm run erasures -- replay FILE` (docs/privacy.md).',
      )
    return []
  }
  try {
    const server = await start(recovery, CLUSTER, postgres, {})
    return await erasuresOf(server.url).finally(() => server.process.stop())
  } catch {
    recovery.around.signal.throwIfAborted()
    recovery.around.say(
      'The data that is replaced cannot be read: whom it had erased since the last backup, give by `npm run erasures -- replay FILE` (docs/privacy.md).',
    )
    return []
  }
}

/**
 * On a port that nobody knows. The replaced data still archives the end of its log; the restored data goes on with the archive, in
 * which its log then parts from the former one.
 */
async function start(
  { dataDir, around, walArchive }: Recovery,
  cluster: string,
  password: string,
  settings: Readonly<Record<string, string>>,
): Promise<Postgres> {
  const isRestored = cluster === RESTORING
  return startPostgres({
    data: path.join(dataDir, 'postgres'),
    cluster,
    port: await freePort(),
    password,
    durable: true,
    settings,
    around,
    walArchive,
    ...(isRestored && { readyWithinMs: PATIENCE_MS }),
  })
}

/** What has to be so before a service sees the databases: numbers begin again somewhere before, and who was erased stays so. */
async function settle({ url }: Postgres, password: string, erased: readonly ErasedGuest[]): Promise<void> {
  await administer(url, (client) => client.query(`alter role postgres password '${password.replaceAll("'", "''")}'`))
  const now = new URL(url)
  now.password = password
  for (const service of serviceNames)
    await query(databaseUrl(now.href, service), 'update feed_epoch set epoch = gen_random_uuid()')
  await administer(databaseUrl(now.href, 'guests'), (guests) =>
    administer(databaseUrl(now.href, 'reservations'), async (reservations) => {
      const known = new Set((await listErasures({ guests, reservations })).map(({ guest }) => guest))
      const forgotten = erased.filter(({ guest }) => !known.has(guest))
      if (forgotten.length > 0) await replayErasures({ guests, reservations }, forgotten)
    }),
  )
}

/** The data that was there stays beside, for anybody who wants it back. */
async function takePlace(data: string, { say }: SupervisorContext): Promise<void> {
  const cluster = path.join(data, CLUSTER)
  const replaced = path.join(data, `replaced-${new Date().toISOString().replaceAll(':', '-')}`)
  const isReplacing = await exists(cluster)
  if (isReplacing) await rename(cluster, replaced)
  await rename(path.join(data, RESTORING), cluster).catch(async (error) => {
    if (isReplacing) await rename(replaced, cluster)
    throw error
  })
  if (isReplacing) say(`The replaced data is in ${replaced} now: remove it when it is of no use any more.`)
}

/** Makes a folder and all in it a user's. */
export async function giveTo(folder: string, user: ServerUser): Promise<void> {
  await lchown(folder, user.uid, user.gid)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    await lchown(path.join(entry.parentPath, entry.name), user.uid, user.gid)
}

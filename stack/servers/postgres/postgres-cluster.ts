import { randomUUID } from 'node:crypto'
import { chown, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { inheritedEnvironment } from '../../config.ts'
import { commandOf } from '../../identity/identity.ts'
import { exists } from '../../run/exists.ts'
import { runToEnd } from '../../run/run-to-end.ts'
import type { SupervisorContext } from '../../run/supervision/process-plan.ts'
import { Problem } from '../../setup/problem.mjs'
import type { ServerUser } from './postgres-user.ts'

/** The server's own folder in the data folder, and the one in which a backup is restored before it takes its place. */
export const CLUSTER = 'cluster'
export const RESTORING = 'restoring'

/** A server's own folder, and what makes it; `isMade`: it is there already. */
type Cluster = {
  readonly folder: string
  readonly programs: string
  readonly version: string
  readonly user: ServerUser | undefined
  readonly isMade: boolean
}

/** Makes the server's data at the first start; makes sure that it is of this version, and that no server which is gone locks it. */
export async function provideCluster(
  { folder: cluster, programs, version, user, isMade }: Cluster,
  { data, password, around }: { readonly data: string; readonly password: string; readonly around: SupervisorContext },
): Promise<void> {
  if (!isMade && !(await exists(path.join(cluster, 'PG_VERSION')))) {
    if (await exists(path.join(path.dirname(cluster), RESTORING)))
      throw new Problem(`A restore of ${data} was interrupted: run \`npm run restore\` again.`)
    around.say('Making the Postgres data folder ...')
    await initialize(programs, cluster, password, user, around)
  }
  await assertVersion(cluster, version)
  await removeStaleLock(cluster)
}

/** Throws a Problem when the folder is another user's. */
export async function assertOwn(shown: string, data: string, user: ServerUser | undefined): Promise<void> {
  const { uid } = await stat(data)
  const own = user?.uid ?? process.getuid?.()
  if (own === undefined || uid === own) return
  throw new Problem(
    `${shown} belongs to another user (${uid}): start as that user or as root, or set DATA_DIR to another folder.`,
  )
}

async function assertVersion(cluster: string, version: string): Promise<void> {
  const made = (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version.startsWith(`${made}.`)) return
  throw new Problem(
    `${cluster} was made by Postgres ${made}, not ${version}: move it away, or set DATA_DIR to another folder.`,
  )
}

/**
 * Removes the lock of a server that is gone. Postgres does so itself unless its process id is used again by another
 * process, which is common after a restart of the machine or in a container. Nobody else has this folder: it was claimed.
 */
async function removeStaleLock(cluster: string): Promise<void> {
  const lock = path.join(cluster, 'postmaster.pid')
  const pid = Number((await readFile(lock, 'utf8').catch(() => '')).split('\n')[0])
  if (!pid) return
  if (!commandOf(pid).includes('postgres')) await rm(lock, { force: true })
}

/** Makes it beside, and gives it its name when it is whole. */
async function initialize(
  programs: string,
  cluster: string,
  password: string,
  user: ServerUser | undefined,
  around: SupervisorContext,
): Promise<void> {
  await removePartial(cluster)
  const partial = `${cluster}.${randomUUID()}`
  const passwordFile = `${partial}.password`
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid)
  try {
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await runToEnd(
      {
        file: path.join(programs, 'initdb'),
        args: ['-D', partial, ...locale, ...access, '--no-instructions'],
        ...(user === undefined ? {} : { user }),
        cwd: path.dirname(cluster),
        env: inheritedEnvironment(),
        failed: `Postgres could not make its data folder ${cluster}`,
      },
      around,
    )
    await rename(partial, cluster)
  } finally {
    await removePartial(cluster)
  }
}

/** Removes what was begun beside the server's data, also by a start that was killed. */
async function removePartial(cluster: string): Promise<void> {
  const folder = path.dirname(cluster)
  for (const name of await readdir(folder))
    if (name.startsWith(`${path.basename(cluster)}.`)) await rm(path.join(folder, name), { recursive: true })
}

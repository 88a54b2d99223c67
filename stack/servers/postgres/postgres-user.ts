import { createHash } from 'node:crypto'
import {
  access,
  chmod,
  chown,
  constants,
  cp,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '../../setup/problem.mjs'

/** The user of the server, when it cannot run as the user who started it. */
export type ServerUser = { readonly uid: number; readonly gid: number }

/** Where root keeps what the server's user could not reach elsewhere. */
const SHARED_FOLDER = '/var/lib/hotel-reservations'

/**
 * Postgres refuses to run as root; it then runs as whom the data belongs to, else as `postgres` if there is one, else as `nobody`.
 * Undefined for anybody but root.
 */
export async function serverUser(data: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(data).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const [, , uid, gid] = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? []
  if (uid === undefined)
    throw new Problem(
      'Postgres does not run as root, and there is no user `postgres` or `nobody`: start as another user.',
    )
  return { uid: Number(uid), gid: Number(gid) }
}

/**
 * A folder for the server's data that its user can reach. Under a folder closed to others (a home, as a rule) it stands
 * elsewhere, with a link in its place.
 */
export async function dataFolder(data: string, user: ServerUser | undefined): Promise<string> {
  if (user === undefined) {
    await mkdir(data, { recursive: true, mode: 0o700 })
    return data
  }
  if (await isReachable(path.dirname(data), user)) {
    await mkdir(data, { recursive: true, mode: 0o700 })
    await chown(data, user.uid, user.gid)
    return data
  }
  await makeSharedFolder()
  const elsewhere = path.join(SHARED_FOLDER, createHash('sha256').update(data).digest('hex').slice(0, 12))
  await mkdir(elsewhere, { recursive: true, mode: 0o700 })
  await chown(elsewhere, user.uid, user.gid)
  if ((await readlink(data).catch(() => undefined)) !== elsewhere) await symlink(elsewhere, data)
  return elsewhere
}

/** The folder of the server's programs, copied to where its user can reach them if need be. */
export async function programFolder(native: string, version: string, user: ServerUser | undefined): Promise<string> {
  if (user === undefined || (await isReachable(native, user))) return native
  const copy = path.join(SHARED_FOLDER, `postgres-${version}`)
  if (
    await access(copy, constants.X_OK).then(
      () => true,
      () => false,
    )
  )
    return copy
  await makeSharedFolder()
  const partial = `${copy}.${process.pid}`
  await cp(native, partial, { recursive: true, verbatimSymlinks: true })
  await openToAll(partial)
  // Another start may have been faster.
  await rename(partial, copy).catch(() => rm(partial, { recursive: true }))
  return copy
}

/** Its mode is set separately, as a umask takes from the one that it is made with. */
async function makeSharedFolder(): Promise<void> {
  await mkdir(SHARED_FOLDER, { recursive: true })
  await chmod(SHARED_FOLDER, 0o755)
}

/** Lets every user read what is in a folder, and run the programs, regardless of the umask at their installation. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(at)
    else if (entry.isFile()) await chmod(at, (await stat(at)).mode & 0o100 ? 0o755 : 0o644)
  }
}

/** Whether this user may pass through the folder and all above it. */
export async function isReachable(folder: string, { uid, gid }: ServerUser): Promise<boolean> {
  const { mode, uid: owner, gid: group } = await stat(folder)
  const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
  if ((mode & bit) === 0) return false
  return folder === path.dirname(folder) || isReachable(path.dirname(folder), { uid, gid })
}

import { chown, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { Problem, unwritable } from '../../setup/problem.mjs'
import { isReachable, type ServerUser } from './postgres-user.ts'

/**
 * The server's own module copies, so that no path goes through a shell; at the latest after a minute in which something was
 * written. https://www.postgresql.org/docs/current/basic-archive.html
 */
export function archiveSettings(folder: string | undefined): Record<string, string> {
  if (folder === undefined) return {}
  return {
    archive_mode: 'on',
    archive_library: 'basic_archive',
    'basic_archive.archive_directory': folder,
    archive_timeout: '60s',
  }
}

/** Makes the folder, which is the server's; throws a Problem when its user cannot reach it. */
export async function makeArchive(folder: string, user: ServerUser | undefined): Promise<void> {
  try {
    await mkdir(path.dirname(folder), { recursive: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (user === undefined) return
    await chown(folder, user.uid, user.gid)
    if (await isReachable(folder, user)) return
  } catch (error) {
    throw unwritable(error, 'set WAL_ARCHIVE to another folder')
  }
  throw new Problem(
    `Postgres, which runs as the user ${user.uid}, cannot reach ${folder}: set WAL_ARCHIVE to a folder below ones that all may pass.`,
  )
}

import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../../stack/setup/run.mjs'

/** The packages of the project, by the names that imports have for them. */
const OWN = {
  console: 'console',
  gateway: 'gateway',
  proto: 'proto',
  stack: 'stack',
  test: 'test',
  transfer: 'transfer',
  guests: 'services/guests',
  reservations: 'services/reservations',
  rooms: 'services/rooms',
  runtime: 'services/runtime',
}

/**
 * Gives `node_modules` to a folder with sources of the project, or a part of them: the packages of others as they are here,
 * its own from the folder.
 */
export async function linkModules(folder: string): Promise<void> {
  const [from, to] = [path.join(root, 'node_modules'), path.join(folder, 'node_modules')]
  const own = path.join(to, '@hotel')
  await mkdir(own, { recursive: true })
  for (const name of await readdir(from))
    if (name !== '@hotel') await symlink(path.join(from, name), path.join(to, name))
  for (const [name, place] of Object.entries(OWN)) {
    const source = path.join(folder, place)
    if (existsSync(source)) await symlink(source, path.join(own, name))
  }
}

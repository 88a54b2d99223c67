import { readdir } from 'node:fs/promises'
import path from 'node:path'

/**
 * The files below a folder whose names end so, in order. (Node 20 has no `fs.glob`.)
 * @param {string} folder
 * @param {string} [ending]
 */
export async function filesBelow(folder, ending = '') {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending))
  return files.map((entry) => path.join(entry.parentPath, entry.name)).sort()
}

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { exists } from '../run/exists.ts'
import { filesBelow } from '../setup/files-below.mjs'
import { root } from '../setup/run.mjs'

/** A page may leave these out. */
const ENDINGS = ['', '.ts', '.test.ts', '.long.test.ts']

/** The files and folders that the pages name and that are not there; nothing when all are. */
export async function lookAtDocPaths(): Promise<string | undefined> {
  const entries = await readdir(root, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name)
  const pages = entries.filter(({ name }) => name.endsWith('.md')).map(({ name }) => path.join(root, name))
  const missing: string[] = []
  for (const page of [...pages, ...(await filesBelow(path.join(root, 'docs'), '.md'))])
    for (const named of pathsIn(await readFile(page, 'utf8'), folders))
      if (!(await isThere(named))) missing.push(`${path.relative(root, page)}: ${named}`)
  return missing.length === 0
    ? undefined
    : `These paths do not exist: correct them in the pages.\n${missing.join('\n')}`
}

/** The paths from the top of the repository that a page names as code, without those that stand for several. */
export function pathsIn(page: string, folders: readonly string[]): string[] {
  const named = [...page.matchAll(/`([\w.-]+)(\/[^`\s<>*…{}]+)`/g)]
  return named.filter(([, top = '']) => folders.includes(top)).map(([, top, rest]) => `${top}${rest}`)
}

async function isThere(named: string): Promise<boolean> {
  for (const ending of ENDINGS) if (await exists(path.join(root, `${named}${ending}`))) return true
  return false
}

if (import.meta.main) console.log((await lookAtDocPaths()) ?? 'All paths exist.')

import { execFileSync } from 'node:child_process'
import { copyFile, link, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../../stack/setup/run.mjs'
import type { Image } from './container-files.ts'

/** Files of the repository at or below this path that the image's build sees: known to git, and not in .dockerignore. */
export function filesOf(source: string): readonly string[] {
  const options = ['--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', ['ls-files', ...options, '--', source], { cwd: root, encoding: 'utf8' })
  return listed.split('\n').filter((file) => file !== '' && !file.endsWith('.test.ts'))
}

/** Puts into a folder what `npm ci --omit=dev` installs: hard links where the file system allows. */
export async function layPackages(folder: string): Promise<void> {
  const within = await productionPackages()
  const files = await Promise.all(within.map((name) => listFiles(name, 'node_modules').catch(() => [])))
  await inParts(files.flat(), (file) => place(file, path.join(folder, file)))
}

/** Puts into a folder what the image holds under /app; of the packages, links to where `layPackages` has put them. */
export async function lay({ copies }: Image, folder: string, packages: string): Promise<void> {
  // Of Node itself, which is this one here.
  for (const { from, sources, target } of copies.filter((copy) => copy.from !== 'libraries'))
    for (const source of sources.map((name) => name.replace(/^\/app\//, ''))) {
      if (from === 'packages') await linkPackages(folder, packages, source)
      else {
        const files = from === undefined ? filesOf(source) : await listFiles(source)
        if (files.length === 0) throw new Error(`COPY ${source}: there is nothing of that name`)
        await inParts(files, (file) => place(file, path.join(folder, destination(file, source, target))))
      }
    }
}

type Lock = { packages: Record<string, { dev?: boolean; link?: boolean; resolved?: string }> }

async function lock(): Promise<Lock['packages']> {
  return (JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as Lock).packages
}

/** The folders of the packages that `npm ci --omit=dev` installs. */
async function productionPackages(): Promise<readonly string[]> {
  const entries = Object.entries(await lock())
  return entries.flatMap(([name, { dev, link }]) => (name.startsWith('node_modules/') && !dev && !link ? [name] : []))
}

/** The files below a path of the repository, or the one that it is; without folders of a name. */
async function listFiles(source: string, without?: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, source), { withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (entries === undefined) return [source]
  const wanted = entries.filter(({ name }) => name !== without)
  const files = wanted.map((entry) => {
    const file = path.join(source, entry.name)
    return entry.isDirectory() ? listFiles(file, without) : [file]
  })
  return (await Promise.all(files)).flat()
}

/** As COPY does: a folder's content goes into the target; a file into a target that ends with a slash. */
function destination(file: string, source: string, target: string): string {
  if (file !== source) return path.join(target, path.relative(source, file))
  return target.endsWith('/') ? path.join(target, path.basename(file)) : target
}

async function place(file: string, to: string): Promise<void> {
  const from = path.join(root, file)
  await mkdir(path.dirname(to), { recursive: true })
  await link(from, to).catch(() => copyFile(from, to))
}

/** The packages at or below `source`, which begins with node_modules, and the workspaces, which are links there. */
async function linkPackages(folder: string, packages: string, source: string): Promise<void> {
  const isWanted = (name: string) => name === source || name.startsWith(`${source}/`)
  const present = (await productionPackages()).filter((name) => name.lastIndexOf('node_modules/') === 0)
  const wanted = present.filter(isWanted)
  const workspaces = Object.entries(await lock()).filter(([name, { link }]) => link && isWanted(name))
  if (wanted.length + workspaces.length === 0) throw new Error(`COPY ${source}: no such package is installed`)
  for (const name of wanted) await linkTo(path.join(packages, name), path.join(folder, name))
  for (const [name, { resolved = '' }] of workspaces) await linkTo(path.join(folder, resolved), path.join(folder, name))
}

async function linkTo(target: string, at: string): Promise<void> {
  await mkdir(path.dirname(at), { recursive: true })
  await symlink(target, at)
}

/** Not all at once: there are thousands. */
async function inParts<T>(all: readonly T[], act: (each: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += 500) await Promise.all(all.slice(at, at + 500).map(act))
}

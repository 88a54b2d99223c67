import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { root, run } from '../../../stack/setup/run.mjs'
import { linkModules } from '../../harness/linked-modules.ts'
import type { Edit, Mutant } from './mutant.ts'

/** What the suite and the checker need of the checkout. */
const FOLDERS = ['console', 'gateway', 'proto', 'services', 'stack', 'test', 'transfer']
const FILES = ['package.json', 'package-lock.json']

/**
 * A copy of the sources with the defect in it; it goes with its end. Throws when a text is not there as often as it should be,
 * and when the services do not fit their types with the defect.
 */
export async function mutatedCopy({ edits }: Mutant): Promise<AsyncDisposable & { readonly folder: string }> {
  // Always the same: what is compiled is kept by where it is.
  const folder = path.join(root, '.build', 'torture', 'mutant')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const copy = {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
  try {
    for (const name of [...FOLDERS, ...FILES]) {
      const filter = (source: string) => path.basename(source) !== 'node_modules'
      await cp(path.join(root, name), path.join(folder, name), { recursive: true, filter })
    }
    await linkModules(folder)
    // What was fetched, where there is any.
    await symlink(path.join(root, '.tools'), path.join(folder, '.tools'))
    for (const edit of edits) await apply(folder, edit)
    await demandTypes(folder)
    return copy
  } catch (error) {
    await copy[Symbol.asyncDispose]()
    throw error
  }
}

/** The services still fit their types: code that only fails is found at once, and says nothing of the checker. */
async function demandTypes(folder: string): Promise<void> {
  const config = { extends: path.join(root, 'tsconfig.json'), include: ['services'] }
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { ok, output } = await run(path.join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder, '--noEmit'])
  if (!ok) throw new Error(`what a mutant changes does not fit its types:\n${output}`)
}

async function apply(folder: string, { file, find, replace, times = 1 }: Edit): Promise<void> {
  const text = await readFile(path.join(folder, file), 'utf8')
  const parts = text.split(find)
  if (parts.length - 1 !== times)
    throw new Error(`${file} has ${parts.length - 1} times what a mutant changes, not ${times}: ${find}`)
  await writeFile(path.join(folder, file), parts.join(replace))
}

import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Problem, unwritable } from './problem.mjs'
import { run, runStep } from './run.mjs'

const pythons = ['python3', 'python3.12', 'python3.11', 'python3.10', 'python3.13', 'python3.14', 'python']

/**
 * A Python of 3.10, or of the minor version that is wanted, or newer, with pip; throws a Problem with the remedy when there
 * is none.
 * @param {string} wanted what it is for
 * @param {string} otherwise the other remedy than installing it
 */
export async function findPython(wanted, otherwise, minor = 10) {
  let withoutPip
  for (const python of pythons.filter(findOnPath)) {
    const version = await run(python, ['-c', `import sys; print(sys.version_info >= (3, ${minor}))`])
    if (!version.ok || version.output.trim() !== 'True') continue
    if ((await run(python, ['-m', 'pip', '--version'])).ok) return python
    withoutPip ??= python
  }
  if (withoutPip !== undefined)
    throw new Problem(
      `${withoutPip} has no pip, which fetches ${wanted}: install it (\`apt install python3-pip\`), or ${otherwise}.`,
    )
  throw new Problem(`Python 3.${minor} or newer, which fetches ${wanted}, is not on PATH: install it, or ${otherwise}.`)
}

/**
 * Installs packages, without their dependencies, into a folder of their own; it appears when it is whole.
 * @param {{ title: string, python: string, folder: string, packages: readonly string[] }} options
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function pipInstall({ title, python, folder, packages }) {
  const partial = `${folder}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(path.dirname(folder), { recursive: true }).catch((error) => {
    throw unwritable(error, 'give this user write access to the checkout')
  })
  const env = { ...process.env, PIP_USER: '0', PIP_ROOT_USER_ACTION: 'ignore' }
  const quiet = [
    '--no-input',
    '--disable-pip-version-check',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--target',
    partial,
  ]
  const result = await runStep(title, python, ['-m', 'pip', 'install', ...quiet, ...packages], { env })
  if (!result.ok) return result
  await rm(folder, { recursive: true, force: true })
  await rename(partial, folder)
  return result
}

/** @param {string} name */
export function findOnPath(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
}

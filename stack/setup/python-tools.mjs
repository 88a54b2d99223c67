import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from './problem.mjs'
import { findPython, pipInstall } from './python.mjs'
import { root, run } from './run.mjs'

/** What the tests try the API with that is written in Python, by the file with its packages. */
const tools = {
  schemathesis: 'test/openapi/requirements.txt',
  'python-client': 'clients/python/requirements.txt',
}

/** @typedef {keyof typeof tools} PythonTool */
/** @typedef {{ readonly python: string, readonly folder: string }} Installed */

/** Gets those that are not there. Without a Python, or without the network, the tests go on and say what was not run. */
export async function fetchPythonTools() {
  try {
    for (const name of toolNames()) await fetchTool(name, await findPython(name, 'do without the tests that need it'))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    console.warn(error.message)
  }
}

/**
 * Those that are there, by name, with the Python that they were installed by.
 * @returns {Promise<Partial<Record<PythonTool, Installed>>>}
 */
export async function findPythonTools() {
  const python = await findPython('the tools', '').catch(() => undefined)
  if (python === undefined) return {}
  const found = await Promise.all(toolNames().map(async (name) => [name, await folderOf(name, python)]))
  return Object.fromEntries(
    found.filter(([, folder]) => existsSync(folder ?? '')).map(([name, folder]) => [name, { python, folder }]),
  )
}

/** @returns {PythonTool[]} */
export function toolNames() {
  return /** @type {PythonTool[]} */ (Object.keys(tools))
}

/**
 * @param {PythonTool} name
 * @param {string} python
 */
async function fetchTool(name, python) {
  const folder = await folderOf(name, python)
  if (existsSync(folder)) return
  const title = `Fetching ${name} for the tests`
  const packages = ['-r', path.join(root, tools[name])]
  const { ok, output } = await pipInstall({ title, python, folder, packages })
  if (!ok) throw new Problem(`${name} could not be fetched: ${output.trim().split('\n').at(-1)}`)
  for (const other of await readdir(path.dirname(folder)))
    if (other.startsWith(`${name}-`) && other !== path.basename(folder))
      await rm(path.join(path.dirname(folder), other), { recursive: true, force: true })
}

/**
 * Its name says what is in it: the packages, and the Python for which their compiled parts are.
 * @param {PythonTool} name
 * @param {string} python
 */
async function folderOf(name, python) {
  const wanted = createHash('sha256').update(await readFile(path.join(root, tools[name])))
  const { output } = await run(python, ['-c', 'import sys; print(sys.implementation.cache_tag)'])
  return path.join(root, '.tools', `${name}-${output.trim()}-${wanted.digest('hex').slice(0, 12)}`)
}

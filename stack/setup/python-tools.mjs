import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from './problem.mjs'
import { findPython, pipInstall } from './python.mjs'
import { root, run } from './run.mjs'

/** What the tests and checks need that comes by Python: the file with its packages, and the least Python 3 for these. */
const tools = {
  schemathesis: { requirements: 'test/fuzz/requirements.txt', minor: 11 },
  'python-client': { requirements: 'clients/python/requirements.txt', minor: 10 },
  'openapi-generators': { requirements: 'clients/check/requirements.txt', minor: 10 },
  'kubernetes-schemas': { requirements: 'stack/checks/kubernetes/requirements.txt', minor: 10 },
}

/** The tools of `npm test`. @type {readonly PythonTool[]} */
export const testTools = ['schemathesis', 'python-client']
/** The tools of `npm run clients:check`. @type {readonly PythonTool[]} */
export const clientTools = ['python-client', 'openapi-generators']

/** @typedef {keyof typeof tools} PythonTool */
/** @typedef {{ readonly python: string, readonly folder: string }} Installed */

/**
 * Gets those that are not there. Without a Python, or without the network, the tests go on and say what was not run.
 * @param {readonly PythonTool[]} names
 */
export async function fetchPythonTools(names) {
  for (const name of names)
    await fetchTool(name).catch((error) => {
      if (!(error instanceof Problem)) throw error
      console.warn(error.message)
    })
}

/**
 * Those that are there, by name, with the Python that they were installed by.
 * @returns {Promise<Partial<Record<PythonTool, Installed>>>}
 */
export async function findPythonTools() {
  /** @type {Partial<Record<PythonTool, Installed>>} */
  const found = {}
  for (const name of /** @type {PythonTool[]} */ (Object.keys(tools))) {
    const python = await pythonFor(name).catch(() => undefined)
    const folder = python && (await folderOf(name, python))
    if (python !== undefined && folder !== undefined && existsSync(folder)) found[name] = { python, folder }
  }
  return found
}

/**
 * What to do where a tool is missing.
 * @param {PythonTool} name
 */
export function remedyFor(name) {
  return `install Python 3.${tools[name].minor} or newer with pip, and run this again`
}

/** @param {PythonTool} name */
function pythonFor(name) {
  return findPython(`${name} for the tests`, 'do without the tests that need it', tools[name].minor)
}

/** @param {PythonTool} name */
async function fetchTool(name) {
  const python = await pythonFor(name)
  const folder = await folderOf(name, python)
  if (existsSync(folder)) return
  const title = `Fetching ${name} for the tests`
  const packages = ['-r', path.join(root, tools[name].requirements)]
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
  const wanted = createHash('sha256').update(await readFile(path.join(root, tools[name].requirements)))
  const { output } = await run(python, ['-c', 'import sys; print(sys.implementation.cache_tag)'])
  return path.join(root, '.tools', `${name}-${output.trim()}-${wanted.digest('hex').slice(0, 12)}`)
}

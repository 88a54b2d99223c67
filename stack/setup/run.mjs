import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findStarters, STARTERS, watchStarters } from './starters.mjs'

/** The repository's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Where Node keeps compiled code between starts: without it each process also loads what takes the types out of the source. */
export const compileCache = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.build/compiled', import.meta.url)) }

/** glibc keeps a part of the heap for each thread otherwise, of which most stays unused: 3 MB of each Node process. */
export const fewArenas = { MALLOC_ARENA_MAX: '1' }

const STILL_EVERY_MS = 10_000
const STOPS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Runs a command to its end, saying what it is for and, when it takes long, that it still runs.
 * @param {string} title
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>} with its whole output, also when it could not be started
 */
export async function runStep(title, file, args, options = {}) {
  const began = Date.now()
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`
  console.log(`${title} ...`)
  const still = setInterval(() => console.log(`  still at it (${seconds()})`), STILL_EVERY_MS)
  const result = await run(file, args, options)
  clearInterval(still)
  if (result.ok) console.log(`  done in ${seconds()}`)
  return result
}

/**
 * Runs a command to its end, silently.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run(file, args, options = {}) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    /** @type {NodeJS.Signals | undefined} */
    let told
    const passOn = (/** @type {NodeJS.Signals} */ signal) => {
      told = signal
      child.kill(signal)
    }
    for (const signal of STOPS) process.on(signal, passOn)
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => {
      for (const signal of STOPS) process.off(signal, passOn)
      // Regardless of how it has ended: after a signal to stop there is no next step.
      if (told !== undefined) process.kill(process.pid, told)
      resolve({ ok: code === 0, output })
    })
  })
}

/**
 * Runs the program in the foreground until it ends by itself or by the signals passed on to it.
 * By the channel to it, it notices any end of this process.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {boolean} endsWithParent whether the death of what started this process (npm) ends it, too
 * @returns {Promise<number>} its exit code
 */
export function runInFront(file, args, endsWithParent) {
  return new Promise((resolve, reject) => {
    const stdio = /** @type {const} */ (['inherit', 'inherit', 'inherit', 'ipc'])
    const child = spawn(file, args, { cwd: root, stdio: [...stdio], env: { ...process.env, ...compileCache } })
    let told = false
    const passOn = (/** @type {NodeJS.Signals} */ signal) => {
      told = true
      child.kill(signal)
    }
    for (const signal of STOPS) process.on(signal, passOn)
    // The signal is passed on once only: a second one would end the program by force.
    const unwatch = watchStarters(endsWithParent ? findStarters() : [], () => told || passOn('SIGTERM'))
    child.on('error', reject)
    child.on('exit', (code) => {
      unwatch()
      resolve(code ?? 1)
    })
  })
}

/**
 * Has the program take the place of this process, under the same process id; nothing where Node cannot do that (before 22.15).
 * @param {string} file
 * @param {readonly string[]} args
 * @param {boolean} endsWithParent whether the death of what started this process (npm) ends it, too: STARTERS names the starters to it
 */
export function becomeProgram(file, args, endsWithParent) {
  if (process.execve === undefined) return
  process.chdir(root)
  const starters = endsWithParent ? findStarters().join() : ''
  process.execve(file, [file, ...args], { ...process.env, ...compileCache, ...fewArenas, [STARTERS]: starters })
}

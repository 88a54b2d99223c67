import { execFileSync } from 'node:child_process'

/** The variable that names who started a program: ids of processes with commas between. */
export const STARTERS = 'HOTEL_STARTERS'

const LOOK_EVERY_MS = 500

/** Who started this process: npm, or the shell that npm runs a script in and npm behind it. */
export function findStarters() {
  const shown = (/** @type {string} */ column, /** @type {number} */ pid) => {
    try {
      return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
    } catch {
      return ''
    }
  }
  const behind = shown('args', process.ppid).includes('setup.mjs') ? Number(shown('ppid', process.ppid)) : 0
  return behind > 1 ? [process.ppid, behind] : [process.ppid]
}

/**
 * Calls `gone` once when one of these processes is no more; returns how to stop looking.
 * @param {readonly number[]} starters
 * @param {() => unknown} gone
 */
export function watchStarters(starters, gone) {
  const watch = setInterval(() => {
    if (starters.every(isAlive)) return
    clearInterval(watch)
    gone()
  }, LOOK_EVERY_MS).unref()
  return () => clearInterval(watch)
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    // Signal 0 only asks.
    return process.kill(pid, 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

import { readdir, readFile } from 'node:fs/promises'

/** Clock ticks a second, in which Linux counts: the same on every platform that Node runs on. */
const TICKS = 100

/**
 * The CPU time that these processes and their children have used, in milliseconds: unlike the time of day it says little
 * of what else the machine does. Undefined where there is no /proc.
 */
export async function cpuTime(pids: readonly number[]): Promise<number | undefined> {
  const names = await readdir('/proc').catch(() => [])
  const processes = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess))
  const counted = processes.filter(
    (process) => process !== undefined && [process.pid, process.parent].some((pid) => pids.includes(pid)),
  )
  if (counted.length === 0) return undefined
  return counted.reduce((sum, process) => sum + ((process?.ticks ?? 0) / TICKS) * 1_000, 0)
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; undefined for a process that has ended meanwhile. */
async function readProcess(pid: string): Promise<{ pid: number; parent: number; ticks: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name, in brackets, may hold anything: the numbers are behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields === undefined) return undefined
  const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number)
  return { pid: Number(pid), parent: parent ?? 0, ticks: (user ?? 0) + (system ?? 0) }
}

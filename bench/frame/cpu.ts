import { readdir, readFile } from 'node:fs/promises'

/** Tells the CPU time that some processes and their children have used, in milliseconds; undefined where there is no /proc. */
export type CpuClock = () => Promise<number | undefined>

/**
 * A clock of these processes' CPU time: unlike the time of day it says little of what else the machine does. What a
 * process or thread had used stays counted when it has ended, as far as it was seen.
 */
export function cpuClock(pids: readonly number[]): CpuClock {
  const seen = new Map<string, number>()
  return async () => {
    const families = await Promise.all(pids.map(async (pid) => [String(pid), ...(await childrenOf(pid))]))
    const threads = await Promise.all(families.flat().map(readThreads))
    for (const [thread, time] of threads.flat()) seen.set(thread, Math.max(time, seen.get(thread) ?? 0))
    return seen.size === 0 ? undefined : [...seen.values()].reduce((sum, time) => sum + time, 0)
  }
}

/** The processes that one has started and that run still. https://man7.org/linux/man-pages/man5/proc_tid_children.5.html */
async function childrenOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter((child) => child !== '')
}

/** The threads of a process, each with its time on a processor, which is counted in nanoseconds. */
async function readThreads(pid: string): Promise<[thread: string, milliseconds: number][]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  return Promise.all(
    threads.map(async (thread) => {
      // https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
      const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')
      return [`${pid}/${thread}`, Number(text.split(' ')[0]) / 1e6] as [string, number]
    }),
  )
}

import { writeSync } from 'node:fs'

/** Takes lines and writes them a little later, many at once. */
export type GatheredLines = {
  /** Takes a line with its line feed. */
  write(line: string): void
  /** Writes what there is now. */
  flushSync(): void
}

/** How long a line waits at most: a process that is killed by force loses the lines of this time. */
const LONGEST_WAIT_MS = 20
/** So much is written without waiting: a quarter of what a pipe holds on Linux. */
const MOST_WAITING = 16_384

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Writes to a file descriptor apart from those who write the lines, some hundred by one system call, which takes as long as
 * one line by itself. Lines keep their order, and none is lost when the process ends, by itself, by an error that nobody
 * caught, or by a signal. Where nobody reads any more they go nowhere; where the reader is slow the process waits for it,
 * as it would for each line: what is kept has a bound.
 */
export function gatheredLines(fd: number): GatheredLines {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const flushSync = () => {
    clearTimeout(timer)
    timer = undefined
    const lines = Buffer.from(waiting)
    waiting = ''
    writeAll(fd, lines)
  }
  process.on('exit', flushSync)
  for (const signal of SIGNALS) flushAt(signal, flushSync)
  return {
    write(line) {
      waiting += line
      if (waiting.length >= MOST_WAITING) flushSync()
      else timer ??= setTimeout(flushSync, LONGEST_WAIT_MS).unref()
    },
    flushSync,
  }
}

/** A signal that nobody else takes ends the process, as if nobody took it: there is no `exit` then. */
function flushAt(signal: NodeJS.Signals, flush: () => void): void {
  const signalled = () => {
    flush()
    if (process.listenerCount(signal) > 1) return
    process.off(signal, signalled)
    process.kill(process.pid, signal)
  }
  process.on(signal, signalled)
}

const NEVER = new Int32Array(new SharedArrayBuffer(4))
const FULL_WAIT_MS = 5

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw error
      // Only of a pipe that another process has set not to block.
      Atomics.wait(NEVER, 0, 0, FULL_WAIT_MS)
    }
  }
}

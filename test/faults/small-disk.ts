import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe } from '@jest/globals'

/** A disk of a test's own, which a test fills. */
export type SmallDisk = AsyncDisposable & {
  readonly folder: string
  /** Takes all room that is left. */
  fill(): Promise<void>
  /** Gives it back. */
  empty(): Promise<void>
}

const CHUNK = 65_536

/** Why there can be no disk of a test's own; undefined where there can. */
const reason = (() => {
  if (process.platform !== 'linux') return 'NOT RUN: needs tmpfs, run it on Linux'
  return process.getuid?.() === 0
    ? canMount()
    : 'NOT RUN: only root mounts a small disk, run it as root or in a container'
})()

function canMount(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'NOT RUN: nothing may be mounted here, run it with CAP_SYS_ADMIN (docker run --privileged)'
  }
}

/** Tests on a small disk; where there can be none they are skipped, and said to be: nobody shall take them for passed. */
export function describeOnSmallDisk(name: string, tests: () => void): void {
  if (reason === undefined) describe(name, tests)
  else describe.skip(`${name} (${reason})`, tests)
}

/** Mounts a disk of so many megabytes. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'small-disk-'))
  // The server's own user passes through.
  await chmod(folder, 0o755)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder])
  const filler = path.join(folder, 'filler')
  return {
    folder,
    async fill() {
      const file = await open(filler, 'a')
      try {
        for (const size of [CHUNK, 4_096]) await fillBy(file, Buffer.alloc(size))
      } finally {
        await file.close()
      }
    },
    empty: () => rm(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function fillBy(file: Awaited<ReturnType<typeof open>>, bytes: Buffer): Promise<void> {
  try {
    for (;;) await file.appendFile(bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

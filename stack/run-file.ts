import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startOf } from './identity.ts'
import { Problem, unwritable } from './setup/problem.mjs'

type Process = { readonly name: string; readonly pid: number; readonly start: string }
type Content = { owner: Process; children: Process[] }

/** Long enough for Postgres to close its files. */
const LEFTOVER_DEADLINE_MS = 8_000

/**
 * Who works on a data folder: the process that owns it and the ones that it has started, so that whoever comes after a
 * violent end finds what was left behind.
 */
export type RunFile = {
  add(name: string, pid: number): void
  remove(pid: number): void
  /** Gives the folder up. */
  close(): void
}

/** Takes over a data folder: ends what a dead owner left running. Throws a Problem when a live one has it. */
export async function claim(folder: string): Promise<RunFile> {
  const file = path.join(folder, 'run.json')
  try {
    mkdirSync(folder, { recursive: true })
    // The server of Postgres may be another user, who passes through here.
    chmodSync(folder, 0o755)
    const before = read(file)
    if (before !== undefined && lives(before.owner) && before.owner.pid !== process.pid)
      throw new Problem(
        `The suite already runs from ${folder} (process ${before.owner.pid}): stop that one, or set DATA_DIR to another folder.`,
      )
    await Promise.all((before?.children ?? []).map(end))
    return open(file)
  } catch (error) {
    throw unwritable(error, 'make it writable for this user, or set DATA_DIR to a folder that is')
  }
}

/** Whether the owner of this folder still lives. */
export function isOwned(folder: string): boolean {
  const content = read(path.join(folder, 'run.json'))
  return content !== undefined && lives(content.owner)
}

function open(file: string): RunFile {
  const content: Content = { owner: identify('stack', process.pid), children: [] }
  const save = () => {
    writeFileSync(`${file}.new`, JSON.stringify(content))
    renameSync(`${file}.new`, file)
  }
  save()
  return {
    add(name, pid) {
      content.children.push(identify(name, pid))
      save()
    },
    remove(pid) {
      content.children = content.children.filter((child) => child.pid !== pid)
      save()
    },
    close() {
      rmSync(file, { force: true })
    },
  }
}

function read(file: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content
  } catch {
    return undefined
  }
}

function identify(name: string, pid: number): Process {
  return { name, pid, start: startOf(pid) ?? '' }
}

function lives({ pid, start }: Process): boolean {
  return start !== '' && startOf(pid) === start
}

async function end(child: Process): Promise<void> {
  if (!lives(child)) return
  // SIGINT is Postgres' fast shutdown, and ends the others as well.
  process.kill(child.pid, 'SIGINT')
  const deadline = Date.now() + LEFTOVER_DEADLINE_MS
  while (lives(child) && Date.now() < deadline) await setTimeout(20)
  if (lives(child)) process.kill(child.pid, 'SIGKILL')
  while (lives(child)) await setTimeout(20)
}

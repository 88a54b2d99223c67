import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startOf } from '../identity/identity.ts'
import { Problem, unwritable } from '../setup/problem.mjs'

type Process = { readonly name: string; readonly pid: number; readonly start: string }
/** A process that dies again and again: how often in a row, of what, and what to do. */
export type Failing = {
  readonly name: string
  readonly deaths: number
  readonly cause: string
  readonly remedy: string
}

type Content = { owner: Process; children: Process[]; stopping?: boolean; failing?: readonly Failing[] }

/** An owner that gets a signal to stop says so within this time, or does not. */
const NOTICE_MS = 1_500
/** Long enough for a gateway to finish its calls and for Postgres to write all it has. */
const STOP_MS = 90_000
/** What a dead owner left running; Postgres is let write all it has. */
const LEFTOVER_MS = 8_000
const LEFTOVER_POSTGRES_MS = 60_000
const LOOK_EVERY_MS = 50

/**
 * The processes of a data folder: its owner and the ones that it has started, so that the next start after a
 * violent end finds what was left behind.
 */
export type RunFile = {
  add(name: string, pid: number): void
  remove(pid: number): void
  /** Notes that a process dies again and again, or, without a note, that it does so no more. */
  failing(name: string, note: Failing | undefined): void
  /** Says that the owner is about to end: the next start in the folder waits for it. */
  stopping(): void
  /** Gives the folder up. */
  close(): void
}

type Waiting = { readonly say?: (sentence: string) => void; readonly signal?: AbortSignal }

/**
 * Takes over a data folder: waits for an owner that is stopping, ends what a dead one left running. Throws a Problem when a
 * live one has it.
 */
export async function claim(folder: string, waiting: Waiting = {}): Promise<RunFile> {
  const file = path.join(folder, 'run.json')
  try {
    mkdirSync(folder, { recursive: true })
    // The server of Postgres may be another user, who passes through here.
    chmodSync(folder, 0o755)
    const before = await readWithoutOwner(file, folder, waiting)
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

/** The processes of the suite of this folder that die again and again. */
export function failingIn(folder: string): readonly Failing[] {
  return read(path.join(folder, 'run.json'))?.failing ?? []
}

/** What the owner before has left behind, once it has ended. */
async function readWithoutOwner(file: string, folder: string, { say, signal }: Waiting): Promise<Content | undefined> {
  let deadline = Date.now() + NOTICE_MS
  let isStopping = false
  for (;;) {
    const before = read(file)
    if (before === undefined || before.owner.pid === process.pid || !lives(before.owner)) return before
    const { pid } = before.owner
    if (before.stopping && !isStopping) {
      isStopping = true
      deadline = Date.now() + STOP_MS
      say?.(`The suite that runs from ${folder} (process ${pid}) is stopping: waiting for its end ...`)
    }
    if (Date.now() > deadline)
      throw new Problem(
        `The suite already runs from ${folder} (process ${pid}): stop that one, or set DATA_DIR to another folder.`,
      )
    await setTimeout(LOOK_EVERY_MS, undefined, signal && { signal })
  }
}

function open(file: string): RunFile {
  const content: Content = { owner: identify('stack', process.pid), children: [] }
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify(content))
    renameSync(`${file}.new`, file)
  }
  const save = () => {
    try {
      write()
    } catch {
      // The folder was removed, or the disk is full: the suite goes on, and stops as well.
    }
  }
  write()
  return {
    add(name, pid) {
      content.children.push(identify(name, pid))
      save()
    },
    remove(pid) {
      content.children = content.children.filter((child) => child.pid !== pid)
      save()
    },
    failing(name, note) {
      const others = (content.failing ?? []).filter((each) => each.name !== name)
      content.failing = note === undefined ? others : [...others, note]
      save()
    },
    stopping() {
      content.stopping = true
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
  const deadline = Date.now() + (child.name === 'postgres' ? LEFTOVER_POSTGRES_MS : LEFTOVER_MS)
  while (lives(child) && Date.now() < deadline) await setTimeout(LOOK_EVERY_MS)
  if (lives(child)) process.kill(child.pid, 'SIGKILL')
  while (lives(child)) await setTimeout(LOOK_EVERY_MS)
}

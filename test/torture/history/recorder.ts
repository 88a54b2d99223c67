import { createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Evidence, Fault, Json, Operation, Outcome, Try, Watched } from './evidence.ts'

/** Takes down what happens as it happens: nothing is changed or taken back. */
export type Recorder = {
  /** Milliseconds since the run began. */
  now(): number
  operation(operation: Omit<Operation, 'tries'>): Operation
  begin(operation: Operation, door: Try['door'], gateway: number): Try
  end(operation: Operation, attempt: Try, outcome: Outcome): void
  fault(fault: Fault): void
  faultOver(fault: Fault): void
  told(watched: Watched, changes: readonly { id: string; version: number }[]): void
  close(): Promise<void>
}

const HISTORY = 'history.jsonl'
const REST = 'final.json'

/** Opens a history in a folder: lines of JSON, one for each begin and end of a call, fault and message of a watch. */
export function openRecorder(folder: string): Recorder {
  const origin = performance.now()
  const now = () => Math.round((performance.now() - origin) * 1_000) / 1_000
  const file = createWriteStream(path.join(folder, HISTORY))
  const write = (line: Json) => void file.write(`${JSON.stringify(line)}\n`)
  return {
    now,
    operation(operation) {
      write({ is: 'operation', ...operation })
      return { ...operation, tries: [] }
    },
    begin({ name, tries }, door, gateway) {
      const attempt: Try = { n: tries.length, door, gateway, start: now(), wallStart: Date.now() }
      tries.push(attempt)
      write({ is: 'call', name, ...attempt })
      return attempt
    },
    end({ name }, attempt, outcome) {
      Object.assign(attempt, { end: now(), wallEnd: Date.now(), outcome })
      write({ is: 'answer', name, n: attempt.n, end: attempt.end, wallEnd: attempt.wallEnd, outcome })
    },
    fault: (fault) => write({ is: 'fault', ...fault }),
    faultOver(fault) {
      fault.end = now()
      write({ is: 'fault over', start: fault.start, end: fault.end })
    },
    told({ watcher, hotel, told }, changes) {
      const at = now()
      for (const change of changes) told.push({ ...change, at })
      if (changes.length > 0) write({ is: 'told', watcher, hotel, at, changes })
    },
    close: () => new Promise((resolve) => file.end(() => resolve())),
  }
}

/** Keeps what is not in the history itself: what there was before, and what there is in the end. */
export async function writeRest(folder: string, { operations: _o, faults: _f, watched: _w, ...rest }: Evidence) {
  await writeFile(path.join(folder, REST), JSON.stringify(rest))
}

/** Reads a history from its folder, to be judged again. */
export async function readEvidence(folder: string): Promise<Evidence> {
  const rest = JSON.parse(await readFile(path.join(folder, REST), 'utf8')) as Evidence
  const operations = new Map<string, Operation>()
  const faults = new Map<number, Fault>()
  const watched = new Map<string, Watched>()
  for (const text of (await readFile(path.join(folder, HISTORY), 'utf8')).split('\n').filter(Boolean)) {
    const { is, ...line } = JSON.parse(text) as Json
    if (is === 'operation') operations.set(line.name, { ...line, tries: [] })
    else if (is === 'call') operations.get(line.name)?.tries.push(without(line, 'name') as Try)
    else if (is === 'answer') Object.assign(operations.get(line.name)?.tries[line.n] ?? {}, without(line, 'name', 'n'))
    else if (is === 'fault') faults.set(line.start, line)
    else if (is === 'fault over') Object.assign(faults.get(line.start) ?? {}, { end: line.end })
    else if (is === 'told') {
      const { watcher, hotel } = line
      const one: Watched = watched.get(watcher) ?? { watcher, hotel, told: [] }
      for (const change of line.changes) one.told.push({ ...change, at: line.at })
      watched.set(watcher, one)
    }
  }
  return { ...rest, operations: [...operations.values()], faults: [...faults.values()], watched: [...watched.values()] }
}

function without(line: Json, ...names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name)))
}

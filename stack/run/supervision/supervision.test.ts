import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '../../../test/support/hotel.ts'
import { lookAtProcesses } from '../../doctor/processes.ts'
import { claim, type RunFile } from '../run-file.ts'
import { causeOfDeath } from './deaths.ts'
import { hangs } from './liveness.ts'
import type { Plan, SupervisorContext } from './process-plan.ts'
import { supervise } from './processes.ts'

let folder: string
let runFile: RunFile
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'supervision-'))
  runFile = await claim(folder)
})
afterAll(async () => {
  runFile.close()
  await rm(folder, { recursive: true, force: true })
})

/** What a supervisor of this program has said, and the program. */
function supervised(program: string, more: Partial<Plan> = {}) {
  const said: string[] = []
  const around: SupervisorContext = {
    runFile,
    log: () => {},
    say: (sentence) => void said.push(sentence),
    restart: true,
    signal: new AbortController().signal,
  }
  const plan: Plan = {
    ...{ name: 'rooms', file: process.execPath, args: ['-e', program], env: {}, ready: async () => {} },
    ...{ readyWithinMs: 60_000, stopSignal: 'SIGTERM', stopWithinMs: 5_000 },
    ...more,
  }
  return { said, process: supervise(plan, around) }
}

test.each([
  ['exit code 1', 'Error: listen EADDRINUSE: address already in use 127.0.0.1:50052', 'port is taken', 'another port'],
  ['exit code 1', 'PANIC:  could not write to file "x": No space left on device', 'disk is full', 'free some room'],
  ['SIGABRT', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'memory', 'memory'],
  ['SIGKILL', 'It wrote nothing.', 'SIGKILL', 'dmesg'],
  ['exit code 1', 'PANIC:  could not locate a valid checkpoint record', 'damaged', 'npm run restore'],
  ['SIGKILL', '{"level":50,"err":"XX001: invalid page in block 3"}', 'SIGKILL', 'dmesg'],
  ['exit code 3', '{"level":50,"err":"could not read file: name it"}', 'exit code 3', 'last lines'],
  ['exit code 3', 'ERROR:  invalid page in block 3 of relation x', 'exit code 3', 'last lines'],
  ['exit code 1', 'Error: EACCES: permission denied, open', 'may not read', 'give the file back'],
  ['exit code 1', 'Error: LOG_LEVEL is "loud": give one of info', 'a setting is wrong', 'correct the setting'],
  ['exit code 3', 'nothing that anybody knows', 'exit code 3', 'last lines'],
])('the cause of a death by %s after "%s" is told with its remedy', (how, words, cause, remedy) => {
  const told = causeOfDeath(how, words)
  expect(told.cause).toContain(cause)
  expect(told.remedy).toContain(remedy)
})

test('a process that dies again and again is reported with cause and remedy, by the doctor too, until it is stopped', async () => {
  const dying = `console.error('listen EADDRINUSE: address already in use'); setTimeout(() => process.exit(1), 20)`
  const { said, process } = supervised(dying)
  await process.start()
  await eventually(
    async () => expect(said.join('\n')).toContain('rooms dies again and again, 3 times by now: its port'),
    30_000,
  )
  expect(said.filter((sentence) => sentence.includes('again and again'))).toHaveLength(1)
  expect(await lookAtProcesses({ dataDir: folder } as never)).toEqual([
    {
      about: 'rooms',
      wrong: expect.stringContaining('3 times by now: its port is taken'),
      remedy: expect.stringContaining('stop that program'),
    },
  ])
  await process.stop()
  expect(await lookAtProcesses({ dataDir: folder } as never)).toEqual([])
}, 60_000)

test('a process that gets on before it is ready is waited for, and one that does not is late', async () => {
  let applied = 0
  const living = 'setInterval(() => {}, 1000)'
  const progress = async () => `${applied++} changes`
  const ready = async () => {
    if (applied < 4) throw new Error('not serving yet')
  }
  const slow = supervised(living, { readyWithinMs: 100, ready, progress })
  await slow.process.start()
  expect(slow.said).toContain('rooms is not ready yet, and gets on: 0 changes.')
  await slow.process.stop()
  const never = () => Promise.reject(new Error('not serving yet'))
  const stuck = supervised(living, { readyWithinMs: 100, ready: never, progress: async () => '5 changes' })
  await expect(stuck.process.start()).rejects.toThrow('was not ready within')
  expect(stuck.said).toEqual(['rooms is not ready yet, and gets on: 5 changes.'])
}, 60_000)

test('a process that answered and answers no more hangs; one that has ended, or never answered, does not', async () => {
  const going = new AbortController()
  let asked = 0
  const answering = (until: number) => async () => {
    if (++asked > until) throw new Error('no answer')
  }
  expect(await hangs({ alive: answering(3), aliveEveryMs: 1 }, { alive: true }, going.signal)).toBe(true)
  expect(asked).toBe(9)
  // One that is late now and then is waited for.
  asked = 0
  const late = async () => {
    if (++asked === 40) going.abort()
    if (asked % 6 !== 0) throw new Error('no answer')
  }
  expect(await hangs({ alive: late, aliveEveryMs: 1 }, { alive: true }, going.signal)).toBe(false)
  expect(await hangs({ alive: answering(1), aliveEveryMs: 1 }, { alive: false }, new AbortController().signal)).toBe(
    false,
  )
  expect(await hangs({}, { alive: true }, new AbortController().signal)).toBe(false)
})

test('a process that hangs is ended and started again', async () => {
  let asked = 0
  const alive = async () => {
    if (++asked > 2 && asked < 10) throw new Error('no answer')
  }
  const { said, process } = supervised('setInterval(() => {}, 1000)', { alive, aliveEveryMs: 20 })
  await process.start()
  const { pid } = process
  try {
    await eventually(async () => {
      expect(said.join('\n')).toContain('rooms has ended (SIGKILL); it is started again')
      expect(process.pid ?? pid).not.toBe(pid)
    }, 20_000)
  } finally {
    await process.stop()
  }
  expect(said).toContain('rooms lives and does not answer any more: it is ended.')
}, 60_000)

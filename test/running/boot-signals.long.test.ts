import { rm } from 'node:fs/promises'
import path from 'node:path'
import { claim, type RunFile } from '@hotel/stack/run/run-file'
import type { SupervisorContext } from '@hotel/stack/run/supervision/process-plan'
import { supervise } from '@hotel/stack/run/supervision/processes'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { testFolder } from '../harness/test-cluster.ts'
import { eventually } from '../support/hotel.ts'
import { type Command, family, freePorts, lives, type Process, run, written } from './boot.ts'

// Each start is one of everything, which takes its time where other tests run.
jest.setTimeout(120_000)

// `npm start` told to stop at any moment, as a terminal and CI do: by a signal to all processes of its group.
let folder: string
let runFile: RunFile
let dataDir: string
let env: Record<string, string>
const seen: Process[] = []
beforeAll(async () => {
  folder = await testFolder()
  runFile = await claim(folder)
  dataDir = path.join(folder, 'the data ü')
  env = { ...(await freePorts()), DATA_DIR: dataDir, RATE_LIMIT_PER_SECOND: '1000', LOG_LEVEL: 'debug' }
})
afterAll(async () => {
  for (const each of seen) if (lives(each)) process.kill(each.pid, 'SIGKILL')
  runFile.close()
  await rm(folder, { recursive: true, force: true })
})

const steps = ['Making the Postgres', 'Starting Postgres', 'Migrating', 'Starting the services', 'Starting the gateway']
const moments: [string, (suite: Command) => Promise<void>][] = [
  ...steps.map((words): [string, (suite: Command) => Promise<void>] => [words, (suite) => written(suite, words)]),
  ['/healthz first answers 200', healthy],
  ['/healthz first answers 200, once more', healthy],
]

test.each(moments)('a signal when this is seen stops everything: %s', async (moment, comes) => {
  const signal = moments.findIndex(([name]) => name === moment) % 2 === 0 ? 'SIGINT' : 'SIGTERM'
  const suite = run('npm', ['start', '--silent'], env)
  await comes(suite)
  const all = note(suite)
  expect(all.length).toBeGreaterThan(1)
  signalAll(suite, signal)
  await suite.ended
  await assertGone(all)
  expect(suite.output()).toMatch(/Stopping \.\.\.[\s\S]*\nStopped\.\n$/)
  expect(suite.errors()).toBe('')
  expect(suite.output()).not.toContain('by force')
})

test('a start right after a stop waits for the end of the one before, whose Postgres closes its files', async () => {
  const first = run('npm', ['start', '--silent'], env)
  await written(first, 'Ctrl-C stops it.')
  const all = note(first)
  const postgres = all.find(({ name }) => name === 'postgres')?.pid ?? 0
  // It takes its time to stop, for as long as the test wants.
  process.kill(postgres, 'SIGSTOP')
  signalAll(first, 'SIGTERM')
  const second = run('npm', ['start', '--silent'], env)
  await written(second, 'is stopping: waiting for its end ...')
  process.kill(postgres, 'SIGCONT')
  await written(second, 'Ctrl-C stops it.')
  const others = note(second)
  await assertGone(all)
  expect(first.output()).not.toContain('by force')
  expect(second.output()).not.toMatch(/not properly shut down|was interrupted/)
  signalAll(second, 'SIGINT')
  await second.ended
  await assertGone(others)
})

test('a second signal waits for nothing, and what is not ready is not left behind', async () => {
  const force = new AbortController()
  const around: SupervisorContext = {
    ...{ runFile, log: () => {}, say: () => {}, restart: false },
    ...{ signal: new AbortController().signal, force: force.signal },
  }
  const stubborn = supervise(
    {
      ...{ name: 'stubborn', file: process.execPath, env: {} },
      args: ['-e', "process.on('SIGINT', () => {}); console.log('up'); setInterval(() => {}, 1000)"],
      ready: async () => {},
      ...{ readyWithinMs: 60_000, stopSignal: 'SIGINT', stopWithinMs: 600_000 },
    },
    around,
  )
  await stubborn.start()
  const stopped = stubborn.stop()
  force.abort()
  await stopped
  expect(stubborn.pid).toBeUndefined()

  const giveUp = new AbortController()
  const late = supervise(
    {
      ...{ name: 'late', file: process.execPath, env: {}, args: ['-e', 'setInterval(() => {}, 1000)'] },
      // Asked once, it is given up, and never answers.
      ready: () => new Promise(() => giveUp.abort()),
      ...{ readyWithinMs: 60_000, stopSignal: 'SIGTERM', stopWithinMs: 600_000 },
    },
    { ...around, signal: giveUp.signal },
  )
  await expect(late.start()).rejects.toThrow('aborted')
  expect(late.pid).toBeUndefined()
  await expect(late.start()).rejects.toThrow('aborted')
})

/** As close to the first answer as another process can be. */
async function healthy(suite: Command): Promise<void> {
  await written(suite, 'Starting the gateway')
  const url = `http://127.0.0.1:${env.GATEWAY_PORT}/healthz`
  await eventually(async () => expect((await fetch(url)).status).toBe(200), 60_000)
}

function note(suite: Command): readonly Process[] {
  const all = family(suite.child.pid ?? 0, dataDir)
  seen.push(...all)
  return all
}

function signalAll(suite: Command, signal: NodeJS.Signals): void {
  process.kill(-(suite.child.pid ?? 0), signal)
}

/** No process is left; that no port is taken, the next start shows. */
async function assertGone(all: readonly Process[]): Promise<void> {
  await eventually(async () => expect(all.filter(lives)).toEqual([]), 20_000)
}

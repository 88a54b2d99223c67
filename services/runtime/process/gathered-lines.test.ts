import { execFile } from 'node:child_process'
import path from 'node:path'
import { expect, test } from '@jest/globals'

const LINES = 3

/** A process that writes some lines, and ends before the time at which they would be written. */
const program = (ending: string) => `
  import { createLogger } from './services/runtime/process/log.ts'
  const log = createLogger('test', 'info')
  for (let line = 1; line <= ${LINES}; line++) log.info({ line }, 'written')
  ${ending}
`

/** A signal arrives in a later turn, which a process without work does not have. */
const GOES_ON = 'setTimeout(() => {}, 60_000)'

test.each([
  ['by itself', '', { code: 0, signal: null }],
  ['by process.exit', 'process.exit(3)', { code: 3, signal: null }],
  ['by an error that nobody catches', "throw new Error('odd')", { code: 1, signal: null }],
  ['by one in a later turn', "setImmediate(() => { throw new Error('odd') })", { code: 1, signal: null }],
  ['by a rejection that nobody handles', "Promise.reject(new Error('odd'))", { code: 1, signal: null }],
  [
    'by a signal that nobody takes',
    `process.kill(process.pid, 'SIGTERM'); ${GOES_ON}`,
    { code: null, signal: 'SIGTERM' },
  ],
  ['by Ctrl-C', `process.kill(process.pid, 'SIGINT'); ${GOES_ON}`, { code: null, signal: 'SIGINT' }],
  [
    'after a signal that is taken',
    "process.once('SIGTERM', () => log.info('last')); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 1)",
    { code: 0, signal: null },
  ],
])('a process that ends %s has written its last line', async (_, ending, end) => {
  const { stdout, ...how } = await run(program(ending))
  expect(how).toEqual(end)
  const lines = stdout.trim().split('\n')
  const numbers = lines
    .map((line) => (JSON.parse(line) as { line?: number }).line)
    .filter((number) => number !== undefined)
  expect(numbers).toEqual([1, 2, 3])
  if (ending.includes('last')) expect(lines.at(-1)).toContain('"msg":"last"')
})

test('more than a pipe holds arrives whole and in order, also at a reader who is slow', async () => {
  const many = 5_000
  const { stdout } = await run(
    program(`for (let n = 0; n < ${many}; n++) log.info({ n, text: 'a'.repeat(100) }, 'many'); process.exit()`),
  )
  const numbers = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n?: number }).n)
    .filter((number) => number !== undefined)
  expect(numbers).toEqual(Array.from({ length: many }, (_, n) => n))
})

function run(text: string): Promise<{ stdout: string; code: unknown; signal: unknown }> {
  const cwd = path.join(import.meta.dirname, '..', '..', '..')
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '-e', text],
      { cwd, maxBuffer: 4 * 1_048_576 },
      (_error, stdout) => resolve({ stdout, code: child.exitCode, signal: child.signalCode }),
    )
  })
}

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openRecorder, readEvidence, writeRest } from '../history/recorder.ts'
import { judge } from '../judge/judge.ts'
import { booked, evidence, operation } from '../judge/tests/made-history.ts'
import { conclude } from './report.ts'
import { settingsOf } from './settings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'torture-'))
})
afterAll(() => rm(folder, { recursive: true }))

const NIGHT = ['2030-01-01', '2030-01-02'] as const
const nights = Array.from({ length: 40 }, (_, n) => {
  const date = Temporal.PlainDate.from('2030-02-01').add({ days: n })
  return booked(
    `c${n % 4}.${n}`,
    [10 * n, 10 * n + 5],
    `stay ${n}`,
    ['room 1'],
    [date.toString(), date.add({ days: 1 }).toString()],
  )
})
const [a, b] = [
  booked('c0.91', [900, 910], 'a', ['room 1'], NIGHT),
  booked('c1.92', [920, 930], 'b', ['room 1'], NIGHT),
]
const failed = evidence({
  operations: [...nights, a, b].map((each) => each.operation),
  changes: [...nights, a, b].map((each) => each.change),
})

test('of a run that failed the shortest history and a timeline are kept', async () => {
  const verdict = await conclude(failed, folder)
  expect(verdict.violations.map(({ invariant }) => invariant)).toEqual(['no night is held twice'])
  expect(verdict.shortest).toBe(2)
  const short = JSON.parse(await readFile(path.join(folder, 'shortest.json'), 'utf8'))
  expect(short.operations.map(({ name }: { name: string }) => name)).toEqual(['c0.91', 'c1.92'])
  expect(judge(short, ['no night is held twice'])).toHaveLength(1)
  const page = await readFile(path.join(folder, 'timeline.html'), 'utf8')
  expect(page).toMatch(/<svg .*c1\.92 CreateReservation.*<\/svg>/s)
})

test('a history is read as it was written', async () => {
  const recorder = openRecorder(folder)
  const { tries: _, ...given } = operation('c0.1', 'GetReservation', { id: 'a' })
  const made = recorder.operation(given)
  recorder.end(made, recorder.begin(made, 'rest', 1), { is: 'unknown', code: 'UNAVAILABLE' })
  recorder.begin(made, 'grpc', 0)
  const fault = {
    planned: { atMs: 1, forMs: 2, kind: 'kill Redis', target: 3, amount: 0.5 },
    what: 'redis is killed',
    start: 1,
  } as const
  recorder.fault(fault)
  recorder.faultOver(fault)
  const watched = { watcher: 'w', hotel: 'hotel', told: [] }
  recorder.told(watched, [{ id: 'a', version: 1 }])
  await recorder.close()
  const whole = { ...evidence({ operations: [made], watched: [watched] }), faults: [fault] }
  await writeRest(folder, whole)
  expect(await readEvidence(folder)).toEqual(JSON.parse(JSON.stringify(whole)))
})

test('a wrong option is named', () => {
  expect(settingsOf(['--seconds', '20', '--seed', '7'])).toMatchObject({ seconds: 20, seed: 7, mutants: false })
  expect(settingsOf(['--long']).seconds).toBe(600)
  expect(settingsOf(['--faults', 'none']).faults).toEqual([])
  expect(() => settingsOf(['--seconds', 'soon'])).toThrow('--seconds is soon: give a whole number from 10 to 86400.')
  expect(() => settingsOf(['--faults', 'fire'])).toThrow('"fire" is no fault')
  expect(() => settingsOf(['--judge'])).toThrow('--judge needs --folder')
  expect(() => settingsOf(['--sed', '7'])).toThrow("Unknown option '--sed'")
})

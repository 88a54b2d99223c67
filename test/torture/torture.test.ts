import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { makePlan } from './plan/plan.ts'
import { conclude, wordsOf } from './report/report.ts'
import { run } from './run.ts'

// Its suite is its own, as `startStack` makes it: all of its processes are killed and stopped.
test('clients and faults for a while by a fixed seed: nothing is against the promises', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'torture-'))
  const plan = makePlan({ seed: 7, seconds: 45, clients: 6, small: 3 })
  const evidence = await run(plan, { folder, say: () => undefined, signal: new AbortController().signal })
  const verdict = await conclude(evidence, folder)
  // What failed is kept.
  if (verdict.violations.length > 0) throw new Error(wordsOf(verdict, evidence, folder))
  expect(verdict.figures.acknowledged).toBeGreaterThan(0)
  expect(verdict.figures.faults).toBe(plan.faults.length)
  await rm(folder, { recursive: true })
}, 300_000)

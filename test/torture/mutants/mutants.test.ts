import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { root } from '../../../stack/setup/run.mjs'
import { MUTANTS } from './run-mutants.ts'

test('there are at least eighteen mutants, each with a name of its own', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  expect(MUTANTS.length).toBeGreaterThanOrEqual(18)
})

test.each(MUTANTS.map(({ name, edits }) => [name, edits] as const))(
  'what a mutant changes is in the sources as it says: %s',
  (_name, edits) => {
    for (const { file, find, replace, times = 1 } of edits) {
      expect(readFileSync(path.join(root, file), 'utf8').split(find)).toHaveLength(times + 1)
      expect(replace).not.toBe(find)
    }
  },
)

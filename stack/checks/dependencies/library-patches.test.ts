import { expect, test } from '@jest/globals'
import { listDependencies } from './dependencies.ts'
import { listPatches, patchProblems, readHeader } from './library-patches.ts'

test('each patch of a library says what it works around, for the version that is used, and has a test', async () => {
  const patches = await listPatches()
  expect(patches.length).toBeGreaterThan(10)
  expect(patchProblems(patches, await listDependencies())).toEqual([])
})

test('a patch for another version, or without a test, is named', async () => {
  const [patch] = await listPatches()
  if (patch === undefined) throw new Error('there is no patch')
  const wrong = { ...patch, version: '0.0.1', isTested: false }
  expect(patchProblems([wrong], await listDependencies())).toEqual([
    expect.stringContaining(`${patch.library} 0.0.1, which is not used`),
    expect.stringContaining(`named '${patch.name}: …'`),
  ])
})

test.each([
  ['no comment', 'export const a = 1\n'],
  ['no version', '/**\n * Why.\n *\n * @library pg\n * @issue none found\n */\n'],
  ['no issue', '/**\n * Why.\n *\n * @library pg 8.23.1\n */\n'],
  ['nothing else', '/**\n * @library pg 8.23.1\n * @issue none found\n */\n'],
])('a header with %s is none', (_, text) => {
  expect(readHeader(text)).toBeUndefined()
})

import { expect, test } from '@jest/globals'
import { lookAtDocPaths, pathsIn } from './doc-paths.ts'

test('the pages name only files and folders that exist', async () => {
  expect(await lookAtDocPaths()).toBeUndefined()
})

test('paths below the given folders are found, and neither patterns, addresses nor other code', () => {
  const page = 'See `test/a.test.ts` and `docs/b`, not `test/<name>.ts`, `test/*`, `/docs`, `other/c` or test/d.'
  expect(pathsIn(page, ['test', 'docs'])).toEqual(['test/a.test.ts', 'docs/b'])
})

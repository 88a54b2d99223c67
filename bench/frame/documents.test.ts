import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { DOCUMENTS } from './documents.ts'
import { written } from './report.ts'
import { latestResultsFile, readResults } from './results.ts'

test('the documents show the results of the last day that has some', async () => {
  const file = await latestResultsFile()
  const results = file === undefined ? undefined : await readResults(file)
  if (results === undefined) throw new Error('there are no results')
  for (const document of DOCUMENTS) {
    const text = await readFile(document, 'utf8')
    expect(written(text, results)).toBe(text)
  }
})

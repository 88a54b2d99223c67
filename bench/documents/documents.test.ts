import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { latestResultsFile, readResults } from '../frame/results.ts'
import { DOCUMENTS, shown } from './documents.ts'

test('the documents show the results of the last day that has some: after others, run `npm run bench -- --report`', async () => {
  const file = await latestResultsFile()
  const results = file === undefined ? undefined : await readResults(file)
  for (const document of DOCUMENTS) {
    const text = await readFile(document, 'utf8')
    expect(shown(text, results)).toBe(text)
  }
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { nodeBinary } from '../setup/install.mjs'
import { root, run } from '../setup/run.mjs'

// A data folder, or .identity, that stands in the checkout: what is in it is none of the code.
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(root, 'data-'))
  await writeFile(path.join(folder, 'secrets.json'), '{"a":1}')
})
afterAll(() => rm(folder, { recursive: true }))

test('files that a start or an issuer has written into the checkout are not looked at', async () => {
  const biome = path.join(path.dirname(nodeBinary), 'biome')
  const { ok, output } = await run(biome, ['ci', '--no-errors-on-unmatched', '--colors=off', folder])
  expect({ ok, output }).toEqual({ ok: true, output: expect.stringContaining('Checked 0 files') })
})

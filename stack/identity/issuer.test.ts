import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { openIssuer } from './issuer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'issuer-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('all who open the issuer of a folder at once sign with one key, and leave no other file behind', async () => {
  const issuers = await Promise.all(Array.from({ length: 20 }, () => openIssuer(folder)))
  const claims = { subject: 'ada', scopes: [], hotels: [], ttlSeconds: 60 }
  const tokens = await Promise.all(issuers.map(({ mint }) => mint(claims)))
  expect(new Set(tokens.map((token) => decodeProtectedHeader(token).kid)).size).toBe(1)
  expect((await readdir(path.join(folder, 'issuer'))).sort()).toEqual(['jwks.json', 'key.json'])
})

import { execFile } from 'node:child_process'
import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { DEVELOPMENT_ISSUER } from '@hotel/runtime/access/tokens/auth-settings'
import { replaceFile } from '@hotel/stack/identity/issuer'
import { serviceScopes, transferScopes } from '@hotel/stack/identity/scopes'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { nodeBinary } from '../../stack/setup/install.mjs'
import { root } from '../../stack/setup/run.mjs'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually, freshNumber } from '../support/hotel.ts'
import { folderWith, run } from '../transfer/transfer-runs.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const issuerFile = (name: string) => path.join(suite.stack.issuer?.folder ?? '', name)

test('each service has a token of its own, with the scopes of what it asks and no others', async () => {
  for (const name of serviceNames) {
    const token = await readFile(issuerFile(`${name}-token`), 'utf8')
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect([claims.sub, claims.scope.split(' '), claims.hotels]).toEqual([`${name}-service`, serviceScopes[name], '*'])
    const { direct } = suite.clientsWith(token)
    const createsGuest = direct.guests.createGuest({ first_name: 'Nobody' })
    await expect(createsGuest).rejects.toRefuse(Status.PERMISSION_DENIED, 'PERMISSION_DENIED', {
      scope: 'guests.write',
    })
  }
})

test('a token that is renewed is used without a restart; without a good one a peer says nothing', async () => {
  const mint = (ttlSeconds: number) =>
    suite.token({ subject: 'rooms-service', scopes: serviceScopes.rooms, ttlSeconds })
  await replaceFile(issuerFile('rooms-token'), await mint(-60), 0o600)
  // The file is looked at every second: until then rooms are deleted.
  const id = await eventually(async () => {
    const { id } = await suite.rooms.createRoom({ number: freshNumber() })
    await expect(suite.rooms.deleteRoom({ id })).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE')
    return id
  })
  await replaceFile(issuerFile('rooms-token'), await mint(600), 0o600)
  await eventually(async () => expect((await suite.rooms.deleteRoom({ id })).delete_time).toBeDefined())
})

test('an import takes its token from a file, the environment or the data folder, and says which it lacks', async () => {
  await using folder = await folderWith({ 'rooms.csv': `number\r\n${freshNumber()}\r\n` })
  const scopes = transferScopes
  await writeFile(path.join(folder.path, 'good'), await suite.token({ scopes }))
  await writeFile(path.join(folder.path, 'poor'), await suite.token({ scopes: ['rooms.write'] }))
  await writeFile(path.join(folder.path, 'none'), 'nonsense')
  const importWith = (...args: string[]) => run(suite, 'import', folder.path, 'rooms.csv', ...args)
  expect(await importWith('--token-file', 'good')).toMatchObject({ code: 0 })
  expect(await importWith('--token-file', 'poor')).toMatchObject({
    code: 1,
    output: expect.stringContaining('PERMISSION_DENIED (the token lacks the scope transfers.read)'),
  })
  for (const args of [['none'], ['no-such-file'], []])
    expect(await importWith('--token-file', ...args)).toMatchObject({
      code: 1,
      output: expect.stringContaining('give one with the scopes transfers.read and transfers.write'),
    })
  expect(await importWith()).toMatchObject({ code: 0 })
})

describe('production', () => {
  const start = async (name: ServiceName, more: Record<string, string>) => {
    const env = {
      ...{ PATH: process.env.PATH ?? '', NODE_ENV: 'production', GRPC_ADDRESS: '127.0.0.1:0', LOG_LEVEL: 'silent' },
      ...{ DATABASE_URL: suite.stack.databaseUrls[name], PAGE_TOKEN_KEY: suite.stack.pageTokenKey },
      ...{ GUESTS_ADDRESS: '127.0.0.1:1', ROOMS_ADDRESS: '127.0.0.1:1', RESERVATIONS_ADDRESS: '127.0.0.1:1' },
      ...{ AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'hotel', AUTH_JWKS_FILE: issuerFile('jwks.json') },
      ...{ SERVICE_TOKEN_FILE: issuerFile(`${name}-token`), ...more },
    }
    const main = path.join(root, 'services', name, 'main.ts')
    return promisify(execFile)(nodeBinary, [main], { env, timeout: 30_000 }).then(
      () => 'it ended by itself',
      ({ stderr, killed }: { stderr: string; killed: boolean }) => (killed ? 'it went on' : stderr),
    )
  }

  test.each(serviceNames)('%s refuses the keys of a development issuer', async (name) => {
    expect(await start(name, {})).toContain('AUTH_JWKS_FILE holds a key of the development issuer')
  })

  test.each([
    [{ AUTH_ISSUER: DEVELOPMENT_ISSUER }, 'AUTH_ISSUER is the development issuer, which production refuses'],
    [{ AUTH_ISSUER: '' }, 'AUTH_ISSUER is not set'],
    [{ AUTH_AUDIENCE: '' }, 'AUTH_AUDIENCE is not set'],
    [{ AUTH_JWKS_FILE: '' }, 'AUTH_JWKS_URL is not set'],
    [{ SERVICE_TOKEN_FILE: '' }, 'SERVICE_TOKEN_FILE is not set'],
  ])('is not begun with %o', async (wrong, sentence) => {
    expect(await start('guests', wrong as Record<string, string>)).toContain(sentence)
  })
})

test('the import without a token of its own needs the data folder', async () => {
  await using folder = await folderWith({ 'rooms.csv': 'number\r\n1\r\n' })
  await rename(issuerFile('key.json'), issuerFile('hidden'))
  const ran = await run(suite, 'import', folder.path, 'rooms.csv')
  await rename(issuerFile('hidden'), issuerFile('key.json'))
  expect(ran).toMatchObject({
    code: 1,
    output: expect.stringContaining('has no development issuer to make one'),
  })
})

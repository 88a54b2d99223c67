import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pythonEnvironment, pythonTool, runCommand } from '@hotel/stack/python'
import { type Suite, sharedSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const root = path.join(import.meta.dirname, '..')
const clients = path.join(root, 'clients')
const commands = path.join(root, 'node_modules', '.bin')
const node = path.join(commands, 'node')
const env = { PATH: `${commands}${path.delimiter}${process.env.PATH}` }

let suite: Suite
let folder: string
beforeAll(async () => {
  suite = await sharedSuite()
  // Below the root, where the packages are found.
  await mkdir(path.join(root, '.build'), { recursive: true })
  folder = await mkdtemp(path.join(root, '.build', 'clients-'))
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const withToken = <Env extends object>(variables: Env) => ({ ...variables, HOTEL_TOKEN: suite.testerToken })

/** Runs a step that has to succeed, and gives what it printed. */
async function step(file: string, args: readonly string[], options: { cwd: string; env: Record<string, string> }) {
  const { code, output } = await runCommand(file, args, options)
  if (code !== 0) throw new Error(`${path.basename(file)} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

test('TypeScript: openapi-typescript makes types of the served document, tsc takes the client, and it books a room', async () => {
  const options = { cwd: folder, env }
  const { text } = await suite.rest('GET', '/openapi.json')
  await writeFile(path.join(folder, 'openapi.json'), text)
  for (const name of ['booking.ts', 'tsconfig.json', 'package.json'])
    await copyFile(path.join(clients, 'typescript', name), path.join(folder, name))
  const generator = path.join(clients, 'typescript', 'node_modules', 'openapi-typescript', 'bin', 'cli.js')
  await step(node, [generator, 'openapi.json', '--output', 'openapi.ts'], options)
  await step(path.join(commands, 'tsc'), ['-p', '.'], options)
  const output = await step(node, ['booking.ts', `http://${suite.gateway.address}`], {
    ...options,
    env: withToken(env),
  })
  expect(JSON.parse(output)).toEqual({
    location: expect.stringMatching(/^\/reservations\/[0-9a-f-]{36}$/),
    replayed: true,
    refused: { code: 9, reasons: ['ROOM_NOT_AVAILABLE'] },
    status: 'CHECKED_IN',
    stay: true,
  })
}, 120_000)

test('TypeScript: tsc refuses what the document does not have', async () => {
  const wrong = `import createClient from 'openapi-fetch'
import type { components, paths } from './openapi.ts'
const { POST, PATCH } = createClient<paths>()
const guest: components['schemas']['CreateGuestRequest'] = { first_name: 'Ada', nickname: 'A' }
await POST('/guest', { body: guest })
await POST('/rooms', { body: { room_type: '' } })
await PATCH('/reservations/{id}', { params: { path: { id: '' } }, body: { status: 'ARRIVED' } })`
  await writeFile(path.join(folder, 'booking.ts'), wrong)
  const { code, output } = await runCommand(path.join(commands, 'tsc'), ['-p', '.'], { cwd: folder, env })
  expect(code).not.toBe(0)
  const lines = [...output.matchAll(/^booking\.ts\((\d+),/gm)].map(([, line]) => Number(line))
  expect([...new Set(lines)]).toEqual([4, 5, 6, 7])
}, 60_000)

const tool = pythonTool('python-client')
;(tool ? describe : describe.skip)('Python', () => {
  test('buf generates a client from the protos; it books a room and reads why the second time is refused', async () => {
    if (tool === undefined) throw new Error('there is no Python')
    const python = pythonEnvironment(tool, folder)
    const variables = withToken({ ...python, PATH: `${python.PATH}${path.delimiter}${env.PATH}` })
    const options = { cwd: root, env: variables }
    const template = path.join(clients, 'python', 'buf.gen.yaml')
    await step(path.join(commands, 'buf'), ['generate', '--template', template, '--output', folder], options)
    const [host = '', port = ''] = suite.gateway.address.split(':')
    const output = await step(tool.python, [path.join(clients, 'python', 'booking.py'), host, port], options)
    expect(JSON.parse(output)).toEqual({
      same: true,
      found: true,
      status: 'PENDING',
      refused: { code: 'FAILED_PRECONDITION', reason: 'ROOM_NOT_AVAILABLE', room: true },
    })
  }, 120_000)
})

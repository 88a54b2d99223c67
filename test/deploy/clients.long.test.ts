import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { pythonEnvironment, pythonTool, runCommand } from '../harness/python.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

// The packages as they are published, and the examples of the documents by them.

const root = path.join(import.meta.dirname, '..', '..')
const clients = path.join(root, 'clients')
const commands = path.join(root, 'node_modules', '.bin')
const env = { PATH: `${commands}${path.delimiter}${process.env.PATH}` }

let suite: Suite
let folder: string
beforeAll(async () => {
  suite = await sharedSuite()
  // Below the root, where what the package depends on is found.
  await mkdir(path.join(root, '.build'), { recursive: true })
  folder = await mkdtemp(path.join(root, '.build', 'clients-'))
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a step that has to succeed, and gives what it printed. */
async function step(file: string, args: readonly string[], options: { cwd: string; env: Record<string, string> }) {
  const { code, output } = await runCommand(file, args, options)
  if (code !== 0) throw new Error(`${path.basename(file)} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

/** The blocks of a language in a document. */
async function blocks(document: string, language: string): Promise<string[]> {
  const text = await readFile(path.join(root, document), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block)
}

/** What the examples go by, as the documents say it: all hotels, the default one if none is named. */
const asInDocuments = async () => ({
  HOTEL_URL: `http://${suite.gateway.address}`,
  HOTEL_TOKEN: await suite.token({ hotels: ['*'] }),
})

describe('TypeScript', () => {
  const tsc = () => runCommand(path.join(commands, 'tsc'), ['-p', '.'], { cwd: folder, env })

  beforeAll(async () => {
    await step('npm', ['pack', '--silent', '--workspace', 'hotel-reservations-client', '--pack-destination', folder], {
      cwd: root,
      env: { ...env, HOME: process.env.HOME ?? '' },
    })
    const [packed = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
    const place = path.join(folder, 'node_modules', 'hotel-reservations-client')
    await mkdir(place, { recursive: true })
    await step('tar', ['-xzf', path.join(folder, packed), '-C', place, '--strip-components=1'], { cwd: folder, env })
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}')
    const options = { target: 'esnext', module: 'nodenext', types: ['node'], noEmit: true, strict: true }
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
  }, 120_000)

  test.each(['clients/typescript/README.md', 'docs/clients.md'])(
    'the example of %s runs, and tsc takes it',
    async (document) => {
      const [example = ''] = await blocks(document, 'ts')
      await writeFile(path.join(folder, 'example.ts'), example)
      const { output } = await tsc()
      expect(output).toBe('')
      const printed = await step(path.join(commands, 'node'), ['example.ts'], {
        cwd: folder,
        env: { ...env, ...(await asInDocuments()) },
      })
      expect(printed).toMatch(/Ada.*(INVALID_FIELD|ROOM_NOT_AVAILABLE)/s)
    },
    120_000,
  )

  test('tsc refuses what the API does not have', async () => {
    const wrong = `import { createHotelClient, type components } from 'hotel-reservations-client'
const hotel = createHotelClient({ url: '', token: '' })
const guest: components['schemas']['CreateGuestRequest'] = { first_name: 'Ada', nickname: 'A' }
await hotel.rest.POST('/guest', { body: guest })
await hotel.rest.POST('/rooms', { body: { room_type: '' } })
await hotel.rest.PATCH('/reservations/{id}', { params: { path: { id: '' } }, body: { status: 'ARRIVED' } })
await hotel.rooms.createRoom({ numero: '1' })`
    await writeFile(path.join(folder, 'example.ts'), wrong)
    const { code, output } = await tsc()
    expect(code).not.toBe(0)
    const lines = [...output.matchAll(/^example\.ts\((\d+),/gm)].map(([, line]) => Number(line))
    expect([...new Set(lines)]).toEqual([3, 4, 5, 6, 7])
  }, 60_000)
})

const tool = pythonTool('python-client')
;(tool ? describe : describe.skip)('Python', () => {
  const python = (...modules: string[]) => {
    if (tool === undefined) throw new Error('there is no Python')
    return { file: tool.python, env: pythonEnvironment(tool, ...modules) }
  }

  test('the wheel, made of the source package, runs the examples, and mypy takes them', async () => {
    const { file, env } = python()
    const source = path.join(clients, 'python')
    await step(file, ['-m', 'build', '--no-isolation', '--outdir', folder, '.'], { cwd: source, env })
    const [wheel = ''] = (await readdir(folder)).filter((name) => name.endsWith('.whl'))
    const site = path.join(folder, 'site')
    await step(file, ['-m', 'zipfile', '-e', path.join(folder, wheel), site], { cwd: folder, env })
    await copyFile(path.join(source, 'pyproject.toml'), path.join(folder, 'pyproject.toml'))
    for (const document of ['clients/python/README.md', 'docs/clients.md']) {
      const [example = ''] = await blocks(document, 'python')
      await writeFile(path.join(site, 'example.py'), example)
      const given = { ...python(site).env, ...(await asInDocuments()) }
      expect(await step(file, ['example.py'], { cwd: site, env: given })).toMatch(
        /Ada.*(INVALID_FIELD|ROOM_NOT_AVAILABLE)/s,
      )
      const config = path.join(folder, 'pyproject.toml')
      await step(file, ['-m', 'mypy', '--config-file', config, 'example.py', 'hotel_client'], { cwd: site, env })
    }
    await writeFile(path.join(site, 'example.py'), 'from hotel_client import HotelClient\nHotelClient(1, "")\n')
    expect(await runCommand(file, ['-m', 'mypy', 'example.py'], { cwd: site, env })).toMatchObject({ code: 1 })
  }, 240_000)
})

test('the packages have the version of the API', async () => {
  const { json } = await suite.rest('GET', '/openapi.json')
  const manifest = JSON.parse(await readFile(path.join(clients, 'typescript', 'package.json'), 'utf8'))
  const project = await readFile(path.join(clients, 'python', 'pyproject.toml'), 'utf8')
  expect([manifest.version, /^version = "(.*)"$/m.exec(project)?.[1]]).toEqual([json.info.version, json.info.version])
})

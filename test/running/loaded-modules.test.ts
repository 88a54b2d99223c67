import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { perService, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startSuite } from '../harness/test-suite.ts'

// What a process loads it holds for as long as it runs: here is what it must not load before somebody needs it.

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-loaded-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Has a process note all modules that it loads, and write them into a file when it ends. */
const noting = (file: string) =>
  `--import data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs'
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  process.on('exit', () => writeFileSync(${JSON.stringify(file)}, loaded.join('\\n')))
`)}`

const fileOf = (name: string) => path.join(folder, `${name}.loaded`)

/** Those of the packages and files that the process of this name has loaded something of. */
async function loadedOf(name: string, parts: readonly string[]): Promise<string[]> {
  const loaded = await readFile(fileOf(name), 'utf8')
  return parts.filter((part) => loaded.includes(`/${part}`))
}

test('services that have started, and were asked, hold nothing of what is only for tracing, migrating, reflection or numbers', async () => {
  const env = perService((name) => ({ NODE_OPTIONS: noting(fileOf(name)) }))
  {
    await using suite = await startSuite({ env })
    await suite.guests.createGuest({ first_name: 'Ada' })
  }
  const always = [
    '@mikro-orm/postgresql',
    '@grpc/grpc-js',
    '@bufbuild/protobuf/dist/esm/wire',
    'services/runtime/server/serve.ts',
  ]
  const later = [
    '@opentelemetry/sdk-trace',
    '@opentelemetry/exporter-trace-otlp-grpc',
    '@opentelemetry/exporter-trace-otlp-proto',
    '@mikro-orm/migrations',
    'libphonenumber-js',
    '@bufbuild/protobuf/dist/esm/registry.js',
  ]
  for (const name of serviceNames)
    expect([name, await loadedOf(name, always), await loadedOf(name, later)]).toEqual([name, always, []])
})

test('what starts the suite holds no library of the services', async () => {
  const NODE_OPTIONS = noting(fileOf('stack'))
  const program = "await import('@hotel/stack/stack')"
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env: { NODE_OPTIONS } })
  const libraries = [
    '@grpc/grpc-js',
    'nice-grpc',
    '@mikro-orm/core',
    'kysely',
    '@bufbuild/protobuf',
    'pino',
    'prom-client',
    'yaml',
  ]
  expect(await loadedOf('stack', ['stack/stack.ts', 'pg', ...libraries])).toEqual(['stack/stack.ts', 'pg'])
})

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hasPrograms } from '@hotel/stack/checks/client-programs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { filesBelow } from '../../stack/setup/files-below.mjs'
import { generators, generatorsEnvironment, node, npmTools, root, type Served, serve } from './steps.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(async () => {
  await served?.[Symbol.asyncDispose]()
})

const bookings = path.join(import.meta.dirname, 'bookings')

describe('the document', () => {
  let modules: string
  beforeAll(async () => {
    modules = await npmTools(served.step)
  })

  test('Redocly finds nothing', async () => {
    const config = path.join(import.meta.dirname, 'redocly.yaml')
    const cli = path.join(modules, '@redocly', 'cli', 'bin', 'cli.js')
    const output = await served.step(node, [cli, 'lint', 'openapi.json', '--config', config, '--format', 'json'])
    expect(JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)).totals).toMatchObject({
      errors: 0,
      warnings: 0,
    })
  })

  test('Spectral finds nothing', async () => {
    const rules = path.join(import.meta.dirname, 'spectral.yaml')
    const cli = path.join(modules, '@stoplight', 'spectral-cli', 'dist', 'index.js')
    await served.step(node, [cli, 'lint', '--ruleset', rules, '--fail-severity', 'hint', 'openapi.json'])
  })

  test('orval makes a client that tsc takes', async () => {
    const cli = path.join(modules, 'orval', 'dist', 'bin', 'orval.mjs')
    await served.step(node, [cli, '--input', 'openapi.json', '--output', 'orval.ts', '--client', 'fetch'])
    await compile('orval.ts')
  })
})

/** By the compiler that the client's own types are made for. */
async function compile(...files: readonly string[]): Promise<void> {
  const tsc = path.join(root, 'clients', 'typescript', 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'esnext', '--moduleResolution', 'bundler']
  await served.step(node, [tsc, ...options, '--module', 'esnext', '--lib', 'esnext,dom,dom.iterable', ...files])
}

;(generators ? describe : describe.skip)('openapi-python-client', () => {
  test('makes a client that books a room', async () => {
    const env = generatorsEnvironment(served.folder)
    const file = generators?.python ?? ''
    const generate = ['-m', 'openapi_python_client', 'generate', '--path', 'openapi.json', '--output-path', 'pyclient']
    await served.step(file, [...generate, '--meta', 'none', '--overwrite'], { env })
    const booking = [path.join(bookings, 'openapi-python-client.py'), served.url]
    const printed = await served.step(file, booking, { env: { ...env, ...served.bookingEnv } })
    expect(printed.trim()).toBe('ROOM_NOT_AVAILABLE')
  })
})

;(generators && hasPrograms('java') ? describe : describe.skip)('openapi-generator', () => {
  const generate = async (generator: string, ...properties: readonly string[]) => {
    const archive = path.join(generators?.folder ?? '', 'openapi_generator_cli', 'openapi-generator.jar')
    const more = properties.length > 0 ? ['--additional-properties', properties.join()] : []
    const names = ['--git-user-id', 'example', '--git-repo-id', 'hotel']
    const args = ['-jar', archive, 'generate', '-g', generator, '-i', 'openapi.json', '-o', generator]
    await served.step('java', [...args, ...names, ...more])
    return path.join(served.folder, generator)
  }

  test('makes a Python client that books a room', async () => {
    const folder = await generate('python', 'packageName=hotel_api')
    const env = { ...generatorsEnvironment(folder), ...served.bookingEnv }
    const booking = [path.join(bookings, 'openapi-generator.py'), served.url]
    expect((await served.step(generators?.python ?? '', booking, { env })).trim()).toBe('ROOM_NOT_AVAILABLE')
  })

  const withGo = hasPrograms('go') ? test : test.skip
  withGo('makes a Go client that books a room', async () => {
    const folder = await generate('go', 'packageName=hotel,withGoMod=true')
    await mkdir(path.join(folder, 'booking'))
    await copyFile(path.join(bookings, 'booking.go'), path.join(folder, 'booking', 'main.go'))
    await served.step('go', ['mod', 'tidy'], { cwd: folder })
    const printed = await served.step('go', ['run', './booking', served.url], { cwd: folder, env: served.bookingEnv })
    expect(printed.trim()).toBe('ROOM_NOT_AVAILABLE')
  })

  test('makes a TypeScript client that tsc takes', async () => {
    const folder = await generate('typescript-fetch')
    await compile(path.join(folder, 'index.ts'))
  })

  const withMaven = hasPrograms('mvn') ? test : test.skip
  withMaven('makes a Java client that the compiler takes', async () => {
    const folder = await generate('java', 'library=native,hideGenerationTimestamp=true')
    await served.step('mvn', ['-q', '-B', 'compile'], { cwd: folder })
  })
})

test('openapi-typescript and openapi-fetch book a room by themselves', async () => {
  const cli = path.join(root, 'clients', 'typescript', 'node_modules', 'openapi-typescript', 'bin', 'cli.js')
  await served.step(node, [cli, 'openapi.json', '--output', 'openapi.d.ts'])
  expect((await filesBelow(served.folder, 'openapi.d.ts')).length).toBe(1)
  const fetchModule = await readFile(path.join(root, 'node_modules', 'openapi-fetch', 'package.json'), 'utf8')
  const dependencies = { 'openapi-fetch': JSON.parse(fetchModule).version }
  await writeFile(path.join(served.folder, 'package.json'), JSON.stringify({ type: 'module', dependencies }))
  await served.step('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'])
  await copyFile(path.join(bookings, 'openapi-fetch.ts'), path.join(served.folder, 'booking.ts'))
  await compile('booking.ts')
  const printed = await served.step(node, ['booking.ts', served.url], { env: served.bookingEnv })
  expect(printed.trim()).toBe('ROOM_NOT_AVAILABLE')
})

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pythonEnvironment, pythonTool, runCommand } from '@hotel/test/harness/python'
import { type Suite, sharedSuite } from '@hotel/test/harness/test-suite'

export const root = path.join(import.meta.dirname, '..', '..')
export const node = path.join(root, 'node_modules', '.bin', 'node')

/** A suite with its document in an empty folder far from the checkout, for what is made of it. */
export type Served = AsyncDisposable & {
  readonly suite: Suite
  readonly url: string
  readonly folder: string
  /** Runs a step there that has to succeed, and gives what it printed. */
  step(file: string, args: readonly string[], more?: { cwd?: string; env?: Record<string, string> }): Promise<string>
  /** What the bookings go by. */
  readonly bookingEnv: Record<string, string>
}

/** Takes a suite and writes its document as openapi.json. */
export async function serve(): Promise<Served> {
  const suite = await sharedSuite()
  const folder = await mkdtemp(path.join(tmpdir(), 'hotel-clients-'))
  await writeFile(path.join(folder, 'openapi.json'), (await suite.rest('GET', '/openapi.json')).text)
  const { locations } = await suite.locations.listLocations({ hotel: suite.hotel })
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|npm_)/.test(name)),
  )
  return {
    suite,
    folder,
    url: `http://${suite.gateway.address}`,
    bookingEnv: { HOTEL_TOKEN: suite.testerToken, HOTEL_ID: suite.hotel, HOTEL_LOCATION: locations[0]?.id ?? '' },
    async step(file, args, { cwd = folder, env = {} } = {}) {
      const { code, output } = await runCommand(file, args, {
        cwd,
        env: { ...(inherited as Record<string, string>), ...env },
      })
      if (code !== 0)
        throw new Error(`${path.basename(file)} ${args.join(' ')} ended with ${code}:\n${output.slice(-8_000)}`)
      return output
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
      await suite[Symbol.asyncDispose]()
    },
  }
}

/** What makes clients and is written in Python, or brings its Java archive as openapi-generator. */
export const generators = pythonTool('openapi-generators')

/** The environment of `generators`. */
export function generatorsEnvironment(...modules: string[]): Record<string, string> {
  return generators === undefined ? {} : pythonEnvironment(generators, ...modules)
}

/** The commands of the linters and of orval, installed once by the lock beside this file. */
export async function npmTools(step: Served['step']): Promise<string> {
  const lock = path.join(import.meta.dirname, 'package-lock.json')
  const wanted = createHash('sha256')
    .update(await readFile(lock))
    .digest('hex')
    .slice(0, 12)
  const folder = path.join(root, '.tools', `openapi-linters-${wanted}`)
  if (!existsSync(folder)) {
    const partial = `${folder}.partial`
    await mkdir(partial, { recursive: true })
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(path.join(import.meta.dirname, name), path.join(partial, name))
    await step('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: partial })
    await rename(partial, folder)
  }
  return path.join(folder, 'node_modules')
}

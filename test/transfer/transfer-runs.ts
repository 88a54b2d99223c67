import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { serviceNames } from '@hotel/stack/service-names'
import { parse } from 'csv-parse/sync'
import { nodeBinary } from '../../stack/setup/install.mjs'
import type { Suite } from '../harness/test-suite.ts'

const root = path.resolve(import.meta.dirname, '..', '..')

/** How a program ended, and all that it wrote. */
export type Ended = { readonly code: number | null; readonly signal: string | null; readonly output: string }

/** A program that runs. */
export type Running = {
  readonly ended: Promise<Ended>
  kill(): void
  /** As Ctrl-C does. */
  interrupt(): void
}

/** Starts `npm run import` or `npm run export` as npm does once all is in place, in a folder, on a suite. */
export function start(suite: Suite, program: 'import' | 'export', folder: string, ...args: string[]): Running {
  const addresses = serviceNames.map((name) => [`${name.toUpperCase()}_ADDRESS`, suite.stack.addresses[name][0]])
  const child = spawn(nodeBinary, [path.join(root, 'transfer', `${program}.ts`), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, INIT_CWD: folder, DATA_DIR: suite.stack.dataDir, ...Object.fromEntries(addresses) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const { promise: ended, resolve } = Promise.withResolvers<Ended>()
  child.on('close', (code, signal) => resolve({ code, signal, output }))
  return { ended, kill: () => void child.kill('SIGKILL'), interrupt: () => void child.kill('SIGINT') }
}

/** The same, to its end. */
export const run = (...[suite, program, folder, ...args]: Parameters<typeof start>): Promise<Ended> =>
  start(suite, program, folder, ...args).ended

/** The text of a file with these lines, as a spreadsheet writes it. */
export function lines(...all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n`
}

/** A folder with these files, removed when it is disposed of. */
export async function folderWith(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hotel-transfer-'))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)))
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** The lines of a CSV file, by its header; undefined when there is no file. */
export async function csv(...names: string[]): Promise<Record<string, string>[] | undefined> {
  const text = await readFile(path.join(...names), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : parse(text, { bom: true, columns: true })
}

/** Which lines a report refuses, why, and on which fields. */
export async function refusals(...names: string[]): Promise<string[][] | undefined> {
  const lines = await csv(...names)
  return lines?.map((line) => [line.refused_line ?? '', line.refused_reason ?? '', line.refused_field ?? ''])
}

import { spawn } from 'node:child_process'
import path from 'node:path'
import { inheritedEnvironment } from '@hotel/stack/config'
import type { Installed, PythonTool } from '../../stack/setup/python-tools.mjs'

/** The name under which a test file finds what is installed of Python. */
export const PYTHON_VARIABLE = 'HOTEL_TEST_PYTHON'

/** A tool of the tests that is written in Python; undefined where it could not be had. */
export function pythonTool(name: PythonTool): Installed | undefined {
  const text = process.env[PYTHON_VARIABLE]
  return text === undefined ? undefined : (JSON.parse(text) as Partial<Record<PythonTool, Installed>>)[name]
}

/** The environment in which Python finds the packages of a tool, and a shell its commands. */
export function pythonEnvironment({ folder }: Installed, ...modules: readonly string[]): Record<string, string> {
  const inherited = inheritedEnvironment()
  return {
    ...inherited,
    PATH: [path.join(folder, 'bin'), inherited.PATH].join(path.delimiter),
    PYTHONPATH: [folder, ...modules].join(path.delimiter),
    PYTHONUTF8: '1',
  }
}

/** Runs a command to its end; gives its exit code and whole output. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<{ code: number | null; output: string }> {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data))
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  return { code: await promise, output }
}

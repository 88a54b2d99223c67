import { spawn } from 'node:child_process'
import { Problem } from '../../stack/setup/problem.mjs'
import { findOnPath } from '../../stack/setup/python.mjs'
import { run } from '../../stack/setup/run.mjs'

/** What makes load and is no package of ours, with the line that installs it. */
const installs = {
  ghz: 'go install github.com/bojand/ghz/cmd/ghz@latest   (then put $(go env GOPATH)/bin on PATH)',
  pgbench: 'apt-get install postgresql-contrib',
  h2load: 'apt-get install nghttp2-client',
} as const

export type Program = keyof typeof installs

/** Throws a Problem that has the lines which install what is not on PATH. */
export function demandPrograms(names: readonly Program[] = Object.keys(installs) as Program[]): void {
  const missing = names.filter((name) => findOnPath(name) === undefined)
  if (missing.length === 0) return
  const lines = missing.map((name) => `  ${name}: ${installs[name]}`).join('\n')
  throw new Problem(`The load is made by programs that are not on PATH: install them.\n${lines}`)
}

/** The version that a program tells of itself. */
export async function versionOf(name: Program): Promise<string> {
  const { output } = await run(findOnPath(name) ?? name, ['--version'])
  return /\d+(\.\d+)+/.exec(output)?.[0] ?? output.trim()
}

/** What a program wrote when it had ended well; throws with its last words otherwise. */
export async function outputOf(
  name: Program,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(findOnPath(name) ?? name, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const out: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => errors.push(data))
  const end = await new Promise<string | number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve(signal ?? code))
  })
  if (end === 0) return Buffer.concat(out).toString()
  const words = Buffer.concat(errors.length > 0 ? errors : out)
    .toString()
    .trim()
    .split('\n')
    .slice(0, 5)
    .join('\n')
  throw new Error(`${name} ended with ${end}: ${words}`)
}

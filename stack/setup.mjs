import { argv, env, versions } from 'node:process'
import { fetchBinaries } from './setup/binaries.mjs'
import { generate } from './setup/generate.mjs'
import { install, nodeBinary } from './setup/install.mjs'
import { Problem } from './setup/problem.mjs'
import { fetchPythonTools } from './setup/python-tools.mjs'
import { becomeProgram, runInFront } from './setup/run.mjs'

/** The programs that need everything in place, and run on the Node of node_modules. */
const programs = {
  start: 'stack/start.ts',
  test: 'stack/test.ts',
  check: 'stack/test.ts',
  licences: 'stack/licences.ts',
  bench: 'bench/main.ts',
  import: 'transfer/import.ts',
  export: 'transfer/export.ts',
  token: 'stack/token.ts',
  erasures: 'stack/erasures.ts',
}

const startHelp = `npm start -- [options]: runs the whole suite until Ctrl-C; a second Ctrl-C does not wait for what runs.

  --replicas N   so many of each service, 1 to 9 (1)
  --help         these words

On a terminal it prints lines for a person, elsewhere JSON. Settings are environment variables: README.md has their table.`

/** Gets everything that is not in the repository, each only if it is missing or outdated, then runs the program. */
async function main() {
  const [, , command = '', ...args] = argv
  if (Number.parseInt(versions.node, 10) < 20)
    throw new Problem(`Node ${versions.node} is too old: install Node 20 or newer from https://nodejs.org.`)
  const program = programs[/** @type {keyof typeof programs} */ (command)]
  if (program === undefined && command !== 'generate')
    throw new Problem(`"${command}" is not one of: generate, ${Object.keys(programs).join(', ')}.`)
  if (command === 'start' && args.some((each) => each === '--help' || each === '-h')) return console.log(startHelp)
  await install()
  await generate()
  if (program === undefined) return
  if (['start', 'test', 'bench'].includes(command)) await fetchBinaries()
  if (command === 'test') await fetchPythonTools()
  const more = command === 'check' ? ['--static'] : []
  // The collector is for the program that starts the suite (start.ts).
  const all = ['--expose-gc', program, ...more, ...args]
  const endsWithNpm = env.npm_lifecycle_event !== undefined
  if (command === 'start') becomeProgram(nodeBinary, all, endsWithNpm)
  process.exitCode = await runInFront(nodeBinary, all, endsWithNpm)
}

main().catch((error) => {
  console.error(error instanceof Problem ? `\n${error.message}` : error)
  process.exitCode = 1
})

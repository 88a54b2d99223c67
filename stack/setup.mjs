import { argv, env, versions } from 'node:process'
import { fetchBinaries } from './setup/binaries.mjs'
import { buildConsole } from './setup/console.mjs'
import { generate, generateClient } from './setup/generate.mjs'
import { install, nodeBinary } from './setup/install.mjs'
import { Problem } from './setup/problem.mjs'
import { clientTools, fetchPythonTools, testTools } from './setup/python-tools.mjs'
import { becomeProgram, runInFront } from './setup/run.mjs'

/** The programs that need everything in place, and run on the Node of node_modules. */
const programs = {
  start: 'stack/start.ts',
  test: 'stack/test.ts',
  check: 'stack/test.ts',
  'clients:check': 'stack/test.ts',
  licences: 'stack/checks/dependencies/licences.ts',
  bench: 'bench/main.ts',
  soak: 'bench/soak/main.ts',
  simulate: 'bench/simulate/main.ts',
  import: 'transfer/import.ts',
  export: 'transfer/export.ts',
  token: 'stack/identity/token.ts',
  erasures: 'stack/erasures/erasures.ts',
  backup: 'stack/backup/backup.ts',
  restore: 'stack/backup/restore.ts',
  doctor: 'stack/doctor/doctor.ts',
  distribute: 'stack/distribute/distribute.ts',
  demo: 'demo/main.ts',
  torture: 'test/torture/torture.ts',
  pictures: 'demo/look/pictures.ts',
  frames: 'demo/look/frames.ts',
  'console-link': 'stack/identity/console-link.ts',
}

const startHelp = `npm start -- [options]: runs the whole suite until Ctrl-C; a second Ctrl-C does not wait for what runs.

  --replicas N   so many of each service, 1 to 9 (1)
  --observe      Prometheus with alerts, Grafana with dashboards, and Jaeger with traces, if they are on PATH
  --help         these words

On a terminal it prints lines for a person, elsewhere JSON. Settings are environment variables: README.md has their table.`

/** Gets everything that is not in the repository, each only if it is missing or outdated, then runs the program. */
async function main() {
  const [, , command = '', ...args] = argv
  if (Number.parseInt(versions.node, 10) < 20)
    throw new Problem(`Node ${versions.node} is too old: install Node 20 or newer from https://nodejs.org.`)
  const program = programs[/** @type {keyof typeof programs} */ (command)]
  if (program === undefined && !['generate', 'console'].includes(command))
    throw new Problem(`"${command}" is not one of: generate, console, ${Object.keys(programs).join(', ')}.`)
  if (command === 'start' && args.some((each) => each === '--help' || each === '-h')) return console.log(startHelp)
  await install()
  await generate()
  if (['generate', 'check', 'test', 'clients:check'].includes(command)) await generateClient()
  if (['start', 'test', 'console'].includes(command)) await provideConsole(command === 'console')
  if (program === undefined) return
  if (['start', 'test', 'clients:check', 'bench', 'soak', 'simulate', 'torture'].includes(command))
    await fetchBinaries()
  if (command === 'test') await fetchPythonTools(testTools)
  if (command === 'clients:check') await fetchPythonTools(clientTools)
  const more = { check: ['--static'], 'clients:check': ['--clients'] }[command] ?? []
  // The collector is for the program that starts the suite (start.ts).
  const all = ['--expose-gc', program, ...more, ...args]
  const endsWithNpm = env.npm_lifecycle_event !== undefined
  if (command === 'start') becomeProgram(nodeBinary, all, endsWithNpm)
  process.exitCode = await runInFront(nodeBinary, all, endsWithNpm)
}

/**
 * Builds the console. A failure is an error only for `npm run console` itself.
 * @param {boolean} isAsked
 */
async function provideConsole(isAsked) {
  const problem = await buildConsole()
  if (problem === undefined) return
  const words = `The console could not be built. The output of its build:\n${problem}`
  if (isAsked) throw new Problem(words)
  console.warn(`${words}\nThe suite starts without it: browsers get JSON. \`npm run console\` builds it.`)
}

main().catch((error) => {
  console.error(error instanceof Problem ? `\n${error.message}` : error)
  process.exitCode = 1
})

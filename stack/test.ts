import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { checks } from './checks/checks.ts'
import { missingPrograms } from './checks/client-programs.ts'
import { NotRun } from './checks/dependencies/audit.ts'
import { runMain } from './run/run-main.ts'
import { findRateLimitService, rateLimitRemedy } from './setup/binaries.mjs'
import { chromiumRemedy, findChromium } from './setup/chromium.mjs'
import { nodeBinary } from './setup/install.mjs'
import { clientTools, findPythonTools, type PythonTool, remedyFor, testTools } from './setup/python-tools.mjs'
import { root, runInFront } from './setup/run.mjs'

type Counts = { passed: number; failed: number }

/** What `npm run clients:check` runs instead of the tests. */
const ofClients = ['--config', path.join('clients', 'check', 'jest.config.mjs')]

/**
 * `npm test`: looks at everything, runs everything, also after a failure, and counts. Arguments choose tests, as jest's; `TESTS=all` has the long ones run, too.
 * `npm run clients:check` does so with what makes clients of the API.
 */
async function main(args: readonly string[]): Promise<void> {
  const isStatic = args.includes('--static')
  const isOfClients = args.includes('--clients')
  const counts = { passed: 0, failed: 0 }
  const notRun: string[] = []
  for (const { title, look } of isOfClients ? [] : checks) {
    const began = performance.now()
    console.log(`\n=== ${title}`)
    const wrong = await look().catch((error: Error) => error.message)
    if (wrong instanceof NotRun) {
      notRun.push(wrong.why)
      console.log(`NOT RUN: ${wrong.why}`)
      continue
    }
    console.log(
      `${wrong === undefined ? '' : `${wrong.trim()}\n`}${wrong === undefined ? 'passed' : 'FAILED'} in ${seconds(began)}`,
    )
    counts[wrong === undefined ? 'passed' : 'failed'] += 1
  }
  if (!isStatic) {
    // A test that is named runs, also a long one.
    if (args.some((each) => !each.startsWith('-'))) process.env.TESTS = 'all'
    const began = performance.now()
    console.log('\n=== Unit and end-to-end tests (jest)')
    const tests = await runJest(isOfClients ? [...args.filter((each) => each !== '--clients'), ...ofClients] : args)
    console.log(`${tests.failed === 0 ? 'passed' : 'FAILED'} in ${seconds(began)}\n`)
    counts.passed += tests.passed
    counts.failed += tests.failed
    await sayWhatWasNotRun(isOfClients ? clientTools : testTools)
    if (!isOfClients && !process.env.CITUS_URL)
      console.log(
        'NOT RUN: the tests on Citus: CITUS_URL names the coordinator of one for tests only, CITUS_WORKERS its workers.',
      )
    if (!isOfClients && process.env.TESTS !== 'all')
      console.log('NOT RUN: the long tests: `npm run test:all` runs them, too.')
    if (process.env.TESTS === 'all' && !isOfClients && findRateLimitService() === undefined)
      console.log(`NOT RUN: the tests of limits that gateways share: ${rateLimitRemedy} and put it on PATH.`)
    if (isOfClients)
      for (const { name, remedy } of missingPrograms()) console.log(`NOT RUN: what needs ${name}: ${remedy}.`)
  }
  for (const why of notRun) console.log(`NOT RUN: ${why}`)
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

/** Tests that need a tool of Python, or Chromium, are skipped without it: nobody shall take them for passed. */
async function sayWhatWasNotRun(tools: readonly PythonTool[]): Promise<void> {
  const found = await findPythonTools()
  for (const name of tools.filter((name) => found[name] === undefined))
    console.log(`NOT RUN: the tests that need ${name}: ${remedyFor(name)}.`)
  if (findChromium() === undefined) console.log(`NOT RUN: the tests that need Chromium: ${chromiumRemedy}.`)
}

async function runJest(args: readonly string[]): Promise<Counts> {
  // Of this run only: another may be under way in the same checkout.
  const report = path.join(root, '.build', `jest-${process.pid}.json`)
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js')
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  process.env.NODE_OPTIONS = flags.join(' ')
  const code = await runInFront(nodeBinary, [jest, '--json', `--outputFile=${report}`, ...args], false)
  const text = await readFile(report, 'utf8').catch(() => undefined)
  await rm(report, { force: true })
  if (text === undefined) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(text) as Record<string, number>
  const failed = (numFailedTests ?? 0) + (numRuntimeErrorTestSuites ?? 0)
  // Jest also fails for what no test stands for, such as a pattern that matches nothing.
  return { passed: numPassedTests ?? 0, failed: failed === 0 && code !== 0 ? 1 : failed }
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1_000).toFixed(1)} s`
}

runMain(main)

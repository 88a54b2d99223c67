import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { NotRun } from './audit.ts'
import { checks } from './checks.ts'
import { nodeBinary } from './setup/install.mjs'
import { Problem } from './setup/problem.mjs'
import { findPythonTools, remedyFor, toolNames } from './setup/python-tools.mjs'
import { root, runInFront } from './setup/run.mjs'

type Counts = { passed: number; failed: number }

/** `npm test`: looks at everything, runs everything, also after a failure, and counts. Arguments choose tests, as jest's. */
async function main(args: readonly string[]): Promise<void> {
  const isStatic = args.includes('--static')
  const counts = { passed: 0, failed: 0 }
  const notRun: string[] = []
  for (const { title, look } of checks) {
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
    const began = performance.now()
    console.log('\n=== Unit and end-to-end tests (jest)')
    const tests = await runJest(args)
    console.log(`${tests.failed === 0 ? 'passed' : 'FAILED'} in ${seconds(began)}\n`)
    counts.passed += tests.passed
    counts.failed += tests.failed
    await sayWhatWasNotRun()
  }
  for (const why of notRun) console.log(`NOT RUN: ${why}`)
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

/** Tests that need a tool of Python are skipped without it: nobody shall take them for passed. */
async function sayWhatWasNotRun(): Promise<void> {
  const found = await findPythonTools()
  for (const name of toolNames().filter((name) => found[name] === undefined))
    console.log(`NOT RUN: the tests that need ${name}: ${remedyFor(name)}.`)
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

main(process.argv.slice(2))
  .catch((error: unknown) => {
    console.error(error instanceof Problem ? `\n${error.message}` : error)
    process.exitCode = 1
  })
  .finally(() => process.connected && process.disconnect?.())

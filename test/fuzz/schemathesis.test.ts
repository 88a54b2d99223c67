import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { pythonEnvironment, pythonTool, runCommand } from '../harness/python.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { demandViewIsTrue } from '../support/hotel.ts'
import { fuzzSettings } from './fuzz-settings.ts'
import { makeResources, type Resources } from './resources.ts'

const tool = pythonTool('schemathesis')
const { seed, examples } = fuzzSettings()
const minutes = 60_000

/** What runs side by side: the operations in two halves, and the walks from operation to operation through all of them. */
const parts = ['one half of the operations', 'the other half', 'operations linked to each other'] as const

/** Whether all is tried that can be. */
const isThorough = examples >= 100
/** The coverage phase makes some eighty cases of each operation, however few are asked for: then one in so many is tried. */
const coverageEvery = isThorough ? 1 : 16
/** A short run makes requests of one operation in so many. Every operation is tried with the tokens, and by the walks. */
const operationsEvery = isThorough ? 1 : 3

/** Tokens that may not do what is asked. Those of another hotel may ask, and are told nothing. */
const tokenKinds = [
  { may: 'refused', title: 'an expired token', mint: (suite: Suite) => suite.token({ ttlSeconds: -60 }) },
  { may: 'refused', title: 'a token without scopes', mint: (suite: Suite) => suite.token({ scopes: [] }) },
  { may: 'stranger', title: 'a token of no hotel', mint: (suite: Suite) => suite.token({ hotels: [] }) },
  {
    may: 'stranger',
    title: 'a token of another hotel',
    mint: async (suite: Suite) => suite.token({ hotels: [(await suite.hotels.createHotel({ name: 'Other' })).id] }),
  },
] as const
/** Answered without a token. */
const PUBLIC = ['/', '/healthz', '/openapi.json']

type Operation = { readonly id: string; readonly path: string; readonly label: string }
type Outcome = { readonly code: number | null; readonly output: string; readonly operations: number }

;(tool ? describe : describe.skip)(`schemathesis, seed ${seed}`, () => {
  let suite: Suite
  let resources: Promise<Resources>
  let outcomes: readonly Promise<Outcome>[]
  let refusals: ReturnType<typeof tryTokens>
  beforeAll(async () => {
    suite = await startSuite({ logLevel: 'warn' })
    resources = makeResources(suite)
    outcomes = await startParts(suite, await resources)
    // When all else is done: these are few requests of every operation.
    refusals = Promise.all(outcomes).then(async () => tryTokens(suite, await resources))
  })
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]()
  })

  test.each(parts.map((title, index) => ({ title, index })))(
    'finds no answer of $title that is not as documented',
    async ({ index }) => {
      const { code, output, operations } = (await outcomes[index]) ?? { code: null, output: '', operations: 0 }
      expect(code === 0 ? '' : output).toBe('')
      const [, generated = '0', passed] = /(\d+) generated, (\d+) passed/.exec(output) ?? []
      expect(passed).toBe(generated)
      process.stdout.write(`schemathesis made ${generated} cases of ${operations} operations\n`)
      // The walks end when they find nothing new, however many are asked for.
      expect(Number(generated)).toBeGreaterThan(index === 2 ? operations / 2 : operations * Math.min(examples, 100))
    },
    60 * minutes,
  )

  test.each(tokenKinds)(
    'finds nothing that is done or told for $title',
    async ({ title }) => {
      const { code, output, tried } = await refusals
      expect(code === 0 ? '' : output).toBe('')
      const demanded = (await operationsOf(suite)).filter(({ path }) => !PUBLIC.includes(path))
      expect(demanded.map(({ label }) => label).filter((label) => !tried[title]?.includes(label))).toEqual([])
    },
    60 * minutes,
  )

  test('leaves the view as the base tables say', async () => {
    await Promise.all(outcomes)
    await demandViewIsTrue(suite)
  })
})

/** Fewer walks would hardly leave the operations where they begin. */
const walks = [`--max-examples=${Math.max(examples, 5)}`]

/** Starts the first two parts, and the third when one of these is done. */
async function startParts(suite: Suite, resources: Resources): Promise<readonly Promise<Outcome>[]> {
  const all = await operationsOf(suite)
  const halves = halve(all.filter((_, index) => index % operationsEvery === seed % operationsEvery))
  const run = async (operations: readonly Operation[], args: readonly string[]): Promise<Outcome> => {
    const ran = await runSchemathesis(suite, resources, suite.testerToken, args)
    return { ...ran, operations: operations.length }
  }
  const first = halves.map((half) =>
    run(half, ['--phases=examples,coverage,fuzzing', ...half.map(({ id }) => `--include-operation-id=${id}`)]),
  )
  return [...first, Promise.race(first).then(() => run(all, ['--phases=stateful', ...walks]))]
}

/** Tries every operation with each of the tokens in turn; gives which operations each was tried with. */
async function tryTokens(suite: Suite, resources: Resources) {
  const tokens = []
  for (const { may, title, mint } of tokenKinds) tokens.push({ may, title, token: await mint(suite) })
  const file = path.join(suite.folder, 'tried.json')
  const tries = tokens.length * Math.ceil(examples / 10)
  const outcome = await runSchemathesis(
    suite,
    resources,
    undefined,
    [
      // A few are made soonest by the coverage phase.
      `--phases=examples,coverage${isThorough ? ',fuzzing' : ''}`,
      `--max-examples=${tries}`,
      // Of valid requests it demands what only a token that may do all of them gets.
      '--exclude-checks=positive_data_acceptance',
    ],
    { FUZZ_COVERAGE_FIRST: String(tries), FUZZ_TOKENS: JSON.stringify(tokens), FUZZ_TRIED_FILE: file },
  )
  const tried = JSON.parse(await readFile(file, 'utf8')) as Record<string, string[]>
  return { ...outcome, tried }
}

function runSchemathesis(
  suite: Suite,
  resources: Resources,
  token: string | undefined,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  if (tool === undefined) throw new Error('there is no schemathesis')
  const document = `http://${suite.gateway.address}/openapi.json`
  // One worker each: Python 3.11 confuses itself when two of its threads compile code at once.
  const options = ['--workers=1', `--seed=${seed}`, `--max-examples=${examples}`, '--continue-on-failure', '--no-color']
  const header = token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`]
  return runCommand(
    tool.python,
    ['-m', 'schemathesis.cli', '--config-file=schemathesis.toml', 'run', document, ...options, ...header, ...args],
    {
      cwd: import.meta.dirname,
      env: {
        ...pythonEnvironment(tool),
        FUZZ_RESOURCES: JSON.stringify(resources),
        FUZZ_COVERAGE_EVERY: String(coverageEvery),
        ...env,
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  )
}

async function operationsOf(suite: Suite): Promise<Operation[]> {
  const { paths } = (await suite.rest('GET', '/openapi.json')).json as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      id: operationId,
      path,
      label: `${method.toUpperCase()} ${path}`,
    })),
  )
}

/** Two groups of about the same size. A collection stays whole: what one operation makes, the others are tried with. */
function halve(operations: readonly Operation[]): [Operation[], Operation[]] {
  const collections = Map.groupBy(operations, ({ path }) => /^\/\w*/.exec(path)?.[0])
  const halves: [Operation[], Operation[]] = [[], []]
  for (const collection of [...collections.values()].sort((a, b) => b.length - a.length)) {
    const smaller = halves[0].length <= halves[1].length ? halves[0] : halves[1]
    smaller.push(...collection)
  }
  return halves
}

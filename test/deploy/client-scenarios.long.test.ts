import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Cut, cuttingProxy } from '../clients/cutting-proxy.ts'
import { startOwnGateway } from '../harness/own-gateway.ts'
import { pythonEnvironment, pythonTool, runCommand } from '../harness/python.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

const root = path.join(import.meta.dirname, '..', '..')
const scenarios = path.join(import.meta.dirname, '..', 'clients', 'scenarios')
const python = pythonTool('python-client')
const packages = path.join(root, 'clients', 'python')

let suite: Suite
let location: string
beforeAll(async () => {
  suite = await sharedSuite()
  location = (await suite.locations.listLocations({ hotel: suite.hotel })).locations[0]?.id ?? ''
  if (python !== undefined) {
    const { code, output } = await runCommand(python.python, ['generate.py'], {
      cwd: packages,
      env: pythonEnvironment(python),
    })
    if (code !== 0) throw new Error(output)
  }
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const commands = {
  TypeScript: { file: path.join(root, 'node_modules', '.bin', 'node'), args: [`${scenarios}.ts`], env: {} },
  Python: python && {
    file: python.python,
    args: [`${scenarios}.py`],
    env: pythonEnvironment(python, packages),
  },
}

const languages = Object.entries(commands).map(([language, command]) => ({ language, command }))
describe.each(languages)('the client of $language', ({ command }) => {
  const it = command === undefined ? test.skip : test
  /** What a scenario prints. */
  const run = async (scenario: string, given: { tokens?: string[]; text?: string; address?: string } = {}) => {
    const { tokens = [suite.testerToken], text = '', address = suite.gateway.address } = given
    const environment = {
      PATH: process.env.PATH ?? '',
      HOTEL_TOKENS: JSON.stringify(tokens),
      HOTEL_ID: suite.hotel,
      HOTEL_LOCATION: location,
      HOTEL_TEXT: text,
    }
    const { file = '', args = [], env } = command ?? {}
    const options = { cwd: root, env: { ...env, ...environment } }
    const { code, output } = await runCommand(file, [...args, scenario, `http://${address}`], options)
    if (code !== 0) throw new Error(`${scenario} ended with ${code}:\n${output}`)
    return JSON.parse(output)
  }
  const through = (cut: Cut) => cuttingProxy(suite.gateway.address, cut)
  const numbers = async () => (await suite.rooms.listRooms({ hotel: suite.hotel })).rooms.map(({ number }) => number)
  /** One that is whole but for its signature. */
  const forged = () => suite.testerToken.replace(/\.[^.]*$/, `.${'A'.repeat(86)}`)

  it('refusals have their code, reason, fields and alternatives, over gRPC as over REST', async () => {
    const said = {
      code: 'FAILED_PRECONDITION',
      reason: 'ROOM_NOT_AVAILABLE',
      room: true,
      conflict: 'RESERVATION',
      instead: true,
      fields: ['out_date'],
    }
    expect(await run('refused')).toEqual([said, said])
  })

  it.each([0, 1])(
    'a write whose answer is lost is sent again with the same key, and done once (door %i)',
    async (door) => {
      const text = crypto.randomUUID().slice(0, 8)
      await using proxy = await through({ afterRequestWith: `${text}${door}` })
      await run('rooms', { text, address: proxy.address })
      expect(proxy.cuts()).toBe(1)
      const made = (await numbers()).filter((number) => number.startsWith(text))
      expect(made.sort()).toEqual([`${text}0`, `${text}1`])
    },
  )

  it('a token that is not accepted is replaced, and the call is made again', async () => {
    const text = crypto.randomUUID().slice(0, 8)
    expect(await run('rooms', { text, tokens: [forged(), suite.testerToken] })).toEqual({ asked: 2 })
  })

  it('a source that has no better token is asked once more for each call', async () => {
    const codes = Array.from({ length: 3 }, () => 'UNAUTHENTICATED')
    expect(await run('unaccepted', { tokens: [forged()] })).toMatchObject({ codes })
  })

  it('a token is replaced before it expires', async () => {
    const short = await suite.token({ ttlSeconds: 4 })
    expect(await run('renewed', { tokens: [short, suite.testerToken] })).toEqual({ asked: 2 })
  })

  it('what is over a limit is repeated when the limit allows it', async () => {
    const { gateway, stop } = await startOwnGateway(suite.stack, { requestsPerSecond: 1 }, () => {})
    try {
      const address = `127.0.0.1:${gateway.port}`
      expect(await run('hurried', { address })).toEqual({ answered: 3 })
    } finally {
      await stop()
    }
  })

  it('a watch that is cut goes on after its last answer', async () => {
    const [first, last] = [crypto.randomUUID(), crypto.randomUUID()]
    await suite.rooms.createRoom({ number: first, location })
    await using proxy = await through({ beforeAnswerWith: last })
    const watched = run('watched', { text: last, address: proxy.address })
    await eventually(async () => expect(proxy.hasAnswered(first)).toBe(true), 60_000)
    await suite.rooms.createRoom({ number: last, location })
    const { numbers: seen } = await watched
    expect(proxy.cuts()).toBe(1)
    // Each of them once: it was not begun anew.
    expect(seen.sort()).toEqual((await numbers()).sort())
  })

  it('a watch gets a new token when its own is not accepted', async () => {
    const number = crypto.randomUUID()
    await suite.rooms.createRoom({ number, location })
    const { asked } = await run('watched', { text: number, tokens: [forged(), suite.testerToken] })
    expect(asked).toBe(2)
  })
})

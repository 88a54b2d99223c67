import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import { allScopes } from '@hotel/stack/identity/scopes'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, guestAndRoom, pick } from '../support/hotel.ts'
import { randomFrom } from '../support/random.ts'
import { type Documented, methods, undocumented } from './documented.ts'
import { fuzzSettings } from './fuzz-settings.ts'
import { type Existing, randomRequest } from './messages.ts'

const { seed, examples } = fuzzSettings()
/** Of each method, through each of its doors. */
const calls = Math.max(20, Math.ceil(examples / 4))
const AT_ONCE = 8
/** A unary call that takes longer hangs; a stream that is refused is so at once. */
const UNARY_MS = 20_000
const STREAM_MS = 500

describe(`seed ${seed}`, () => {
  let suite: Suite
  let existing: Existing
  let tokens: readonly (string | undefined)[]
  beforeAll(async () => {
    suite = await startSuite({ logLevel: 'warn' })
    existing = await makeSome(suite)
    const right = Array.from({ length: 20 }, () => suite.testerToken)
    tokens = [
      ...right,
      await suite.token({ hotels: [] }),
      await suite.token({ hotels: [DEFAULT_HOTEL] }),
      await suite.token({ ttlSeconds: -60 }),
      await suite.token({ scopes: allScopes.filter((scope) => scope.endsWith('.read')) }),
      undefined,
    ]
  })
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]()
  })

  test.each(methods.map((method, index) => ({ method, index, path: method.path })))(
    'whatever it is sent, $path answers with what is documented',
    async ({ method, index }) => {
      const random = randomFrom(seed + index + 1)
      const direct = method.services.map((name) => suite.stack.addresses[name][0] ?? '')
      for (const address of [...direct, suite.gateway.address]) {
        const client = new Client(address, credentials.createInsecure())
        const requests = Array.from({ length: calls }, () => ({
          bytes: randomRequest(method.desc.input, existing, random),
          token: pick(tokens, random),
        }))
        const isGateway = address === suite.gateway.address
        const wrong: string[] = []
        await inParallel(requests, async ({ bytes, token }) => {
          const { code, details, metadata } = await call(client, method, bytes, token)
          const problem = problemOf(method, isGateway, code, metadata)
          if (problem !== undefined)
            wrong.push(`${Status[code]} ${details}: ${problem}, for ${bytes.toString('base64')}`)
        })
        client.close()
        expect({ seed, door: isGateway ? 'gateway' : 'service', wrong: wrong.slice(0, 5) }).toMatchObject({ wrong: [] })
      }
    },
    10 * 60_000,
  )

  test('afterwards the view is true, nothing has failed or died, and a room is booked', async () => {
    await demandViewIsTrue(suite)
    expect(suite.lines.filter((line) => /call failed|"level":(50|60)|FATAL|PANIC|died|exited/.test(line))).toEqual([])
    const { guest, room } = await guestAndRoom(suite)
    const booked = await suite.gateway.reservations.createReservation({ guest, room, in_date: day(), out_date: day(1) })
    expect(booked.rooms).toEqual([room])
  })
})

/** Resources for requests to refer to, by the names of the fields that do. */
async function makeSome(suite: Suite): Promise<Existing> {
  const made = await Promise.all([1, 2, 3, 4].map(() => guestAndRoom(suite)))
  const [guest, room] = [made.map((each) => each.guest), made.map((each) => each.room)]
  const type = await suite.roomTypes.createRoomType({ name: 'Fuzzed' })
  const dates = { in_date: day(300), out_date: day(301) }
  const reservation = await suite.reservations.createReservation({
    guest: guest[0] ?? '',
    room: room[0] ?? '',
    ...dates,
  })
  const block = await suite.blocks.createRoomBlock({ room: room[1] ?? '', ...dates, reason: 'Fuzzed' })
  const location = (await suite.locations.listLocations({})).locations.map(({ id }) => id)
  const employee = await suite.employees.createEmployee({
    location: location[0] ?? '',
    first_name: 'Eve',
    last_name: 'Lin',
    email: 'eve@example.org',
    role: 1,
  })
  const id = [...guest, ...room, type.id, reservation.id, block.id, employee.id, ...location, DEFAULT_HOTEL]
  return { guest, room, room_type: [type.id], reservation: [reservation.id], location, hotel: [DEFAULT_HOTEL], id }
}

/** What is wrong with how a call ended; nothing when it is as documented. */
function problemOf(method: Documented, isGateway: boolean, code: number, metadata: Metadata): string | undefined {
  const streams = method.desc.methodKind === 'server_streaming'
  if (code === Status.OK || (streams && code === Status.CANCELLED)) return undefined
  if (isGateway && !method.isPublic)
    return code === Status.UNIMPLEMENTED || code === Status.UNAUTHENTICATED ? undefined : 'it is routed'
  return undocumented(method, code, metadata)
}

/** How a call ends; a stream is given up at its first answer, or when it is long enough without one. */
function call(
  client: Client,
  { desc, path }: Documented,
  bytes: Buffer,
  token: string | undefined,
): Promise<StatusObject> {
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const asTheyAre = (value: Buffer) => value
  return new Promise((resolve) => {
    if (desc.methodKind === 'unary') {
      const deadline = Date.now() + UNARY_MS
      client
        .makeUnaryRequest(path, asTheyAre, asTheyAre, bytes, metadata, { deadline }, () => undefined)
        .on('status', resolve)
      return
    }
    const stream = client.makeServerStreamRequest(path, asTheyAre, asTheyAre, bytes, metadata)
    const timer = setTimeout(() => stream.cancel(), STREAM_MS)
    stream.once('data', () => stream.cancel())
    stream.on('error', () => undefined)
    stream.on('status', (status) => {
      clearTimeout(timer)
      resolve(status)
    })
  })
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const work = async () => {
    for (const item of rest) await act(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

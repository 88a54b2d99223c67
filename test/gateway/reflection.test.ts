import { ServerReflectionDefinition } from '@hotel/proto/grpc/reflection/v1/reflection'
import { TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import { assertServing } from '@hotel/runtime/server/health'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Channel, createChannel, createClient, Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite, startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

async function ask(request: object) {
  const channel = createChannel(suite.gateway.address)
  try {
    const client = createClient(ServerReflectionDefinition, channel)
    const requests = async function* () {
      yield request
    }
    for await (const answer of client.serverReflectionInfo(requests())) return answer
  } finally {
    channel.close()
  }
}

test('the gateway lists the services of all three, and none that is internal', async () => {
  const answer = await ask({ list_services: '' })
  expect(answer?.list_services_response?.service.map(({ name }) => name).sort()).toEqual([
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
    'hotel.guests.v1.GuestService',
    'hotel.reservations.v1.AvailabilityService',
    'hotel.reservations.v1.ReservationService',
    'hotel.reservations.v1.RoomBlockService',
    'hotel.rooms.v1.EmployeeService',
    'hotel.rooms.v1.HotelService',
    'hotel.rooms.v1.LocationService',
    'hotel.rooms.v1.RoomService',
    'hotel.rooms.v1.RoomTypeService',
  ])
})

test('it describes a method of another service, with all the files that it needs', async () => {
  const symbol = await ask({ file_containing_symbol: 'hotel.reservations.v1.ReservationService.CreateReservation' })
  expect(symbol?.file_descriptor_response?.file_descriptor_proto.length).toBeGreaterThan(3)
  const missing = await ask({ file_containing_symbol: 'hotel.Nothing' })
  expect(missing?.error_response?.error_code).toBe(Status.NOT_FOUND)
})

test('what is between the services is not reached through the gateway', async () => {
  const retire = suite.gateway.retirement.retireGuest({ hotel: 'x', guest: 'y' })
  await expect(retire).rejects.toMatchObject({ code: Status.UNIMPLEMENTED })
  const channel = createChannel(suite.gateway.address)
  const metadata = Metadata({ authorization: `Bearer ${suite.testerToken}` })
  const transfer = createClient(TransferServiceDefinition, channel).import({}, { metadata })
  await expect(transfer).rejects.toMatchObject({ code: Status.UNIMPLEMENTED })
  channel.close()
})

test('where documents are not public, reflection needs a token, and health none', async () => {
  await using suite = await startSuite({ auth: { env: { AUTH_PUBLIC_DOCS: 'off' } }, redis: false })
  const reading = await suite.token({ scopes: [] })
  for (const address of [suite.gateway.address, suite.stack.addresses.rooms[0] ?? '']) {
    const channel = createChannel(address)
    const client = createClient(ServerReflectionDefinition, channel)
    const reflect = (metadata: Metadata) =>
      Array.fromAsync(client.serverReflectionInfo(one({ list_services: '' }), { metadata }))
    await expect(reflect(Metadata())).rejects.toMatchObject({ code: Status.UNAUTHENTICATED })
    expect(await reflect(Metadata({ authorization: `Bearer ${reading}` }))).toHaveLength(1)
    await assertServing(address, AbortSignal.timeout(5_000))
    channel.close()
  }
  for (const path of ['/', '/openapi.json']) {
    expect((await suite.rest('GET', path, { token: undefined })).status).toBe(401)
    expect((await suite.rest('GET', path, { token: reading })).status).toBe(200)
  }
})

async function* one<T>(request: T): AsyncGenerator<T> {
  yield request
}

/** Begins a stream that stays open until the signal aborts; how it began. */
async function answerOf(channel: Channel, held: AbortSignal): Promise<Status> {
  const requests = async function* () {
    yield { list_services: '' }
    await new Promise<void>((resolve) => held.addEventListener('abort', () => resolve()))
  }
  const answers = createClient(ServerReflectionDefinition, channel).serverReflectionInfo(requests())
  return answers[Symbol.asyncIterator]()
    .next()
    .then(
      () => Status.OK,
      (error) => error.code,
    )
}

test('streams that nobody needs a token for are a hundred at once, and the places of those that end are free again', async () => {
  // Straight to the service: a connection to the gateway takes a hundred streams of any kind.
  const channel = createChannel(suite.stack.addresses.guests[0] ?? '')
  const held = new AbortController()
  try {
    const codes = await Promise.all(Array.from({ length: 120 }, () => answerOf(channel, held.signal)))
    expect(codes.filter((code) => code === Status.OK)).toHaveLength(100)
    expect(codes.filter((code) => code === Status.RESOURCE_EXHAUSTED)).toHaveLength(20)
  } finally {
    held.abort()
    channel.close()
  }
  await eventually(async () => expect(await ask({ list_services: '' })).toBeDefined())
})

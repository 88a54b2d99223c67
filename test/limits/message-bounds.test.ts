import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { CreateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { ImportRequest } from '@hotel/proto/hotel/transfer/v1/transfer'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { framed, gzipped, rawGrpc } from '../edge/raw-grpc.ts'
import { methods } from '../fuzz/documented.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'

const LARGEST = 65_536
const LARGEST_UNKNOWN = 4_096
const LARGEST_BATCH = 4 * 1_048_576
const CREATE = '/hotel.reservations.v1.ReservationService/CreateReservation'
const IMPORT = '/hotel.transfer.v1.TransferService/Import'
const HEALTH = '/grpc.health.v1.Health/Check'
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const address = (service: 'guests' | 'rooms' | 'reservations') => suite.stack.addresses[service][0] ?? ''
const create = (request: Partial<CreateReservationRequest>) =>
  Buffer.from(CreateReservationRequest.encode(CreateReservationRequest.fromPartial(request)).finish())
const tooLarge = { code: 'RESOURCE_EXHAUSTED', reason: 'BODY_TOO_LARGE' }
const unreadable = { code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' }

test.each(methods.map((method) => ({ method, path: method.path })))(
  '$path refuses a message that is too large by its length, before it comes',
  async ({ method: { path, services } }) => {
    const largest = path === IMPORT ? LARGEST_BATCH : LARGEST
    for (const service of services) {
      const send = (body: Buffer, isOpen: boolean) =>
        rawGrpc(address(service), path, { body, token: suite.testerToken, isOpen })
      expect(await send(framed(largest + 1), true)).toMatchObject(tooLarge)
      // Read, and found to be no message.
      expect(await send(framed(Buffer.alloc(largest, 0xff)), false)).toMatchObject(unreadable)
    }
  },
)

describe('a message that grows', () => {
  // 1.9 million empty rooms.
  const bomb = gzipped(Buffer.alloc(3_800_000, Buffer.from([0x32, 0x00])))
  const headers = { 'grpc-encoding': 'gzip' }

  test('is refused by what it grows to, and read without a token not at all', async () => {
    const call = { body: bomb, headers }
    const answer = await rawGrpc(address('reservations'), CREATE, { ...call, token: suite.testerToken })
    expect(answer).toMatchObject(tooLarge)
    expect(await rawGrpc(address('reservations'), CREATE, call)).toMatchObject({ code: 'UNAUTHENTICATED' })
    const through = await rawGrpc(suite.gateway.address, CREATE, { ...call, token: suite.testerToken })
    expect(through).toMatchObject(tooLarge)
  })

  test('is taken when it grows to no more than others may have', async () => {
    const rooms = Array.from({ length: 30_000 }, () => '')
    const call = { body: gzipped(create({ rooms })), headers, token: suite.testerToken }
    expect(await rawGrpc(address('reservations'), CREATE, call)).toMatchObject(unreadable)
    const one = { ...call, body: Buffer.concat(Array.from({ length: 100 }, () => call.body)) }
    const answer = await rawGrpc(address('reservations'), CREATE, one)
    expect(answer).toMatchObject({ ...unreadable, message: expect.stringContaining('more than one message was sent') })
  })

  test('that is broken, or whose encoding is not known, is the fault of its caller', async () => {
    const broken = { body: framed(Buffer.from('no gzip'), true), headers, token: suite.testerToken }
    expect(await rawGrpc(address('reservations'), CREATE, broken)).toMatchObject(unreadable)
    const unknown = { ...broken, headers: { 'grpc-encoding': 'br' } }
    expect(await rawGrpc(address('reservations'), CREATE, unknown)).toMatchObject({ code: 'UNIMPLEMENTED' })
  })
})

test('without a token a call is refused before its message comes', async () => {
  for (const { path, services } of methods)
    for (const service of services)
      expect(await rawGrpc(address(service), path, { isOpen: true })).toMatchObject({
        code: 'UNAUTHENTICATED',
        reason: 'UNAUTHENTICATED',
      })
})

test('what needs no token reads little, and calls no mistake of a caller its own fault', async () => {
  for (const path of [HEALTH, REFLECTION]) {
    const send = (body: Buffer) => rawGrpc(address('guests'), path, { body, isOpen: true })
    expect(await send(framed(LARGEST_UNKNOWN + 1))).toMatchObject(tooLarge)
    expect(await send(framed(Buffer.from([0xff, 0xff])))).toMatchObject(unreadable)
  }
})

test('a deadline that is none is named', async () => {
  const headers = { 'grpc-timeout': 'soon' }
  const call = { body: framed(create({})), headers, token: suite.testerToken }
  const answer = await rawGrpc(address('reservations'), CREATE, call)
  expect(answer).toMatchObject({ ...unreadable, metadata: { fields: 'grpc-timeout' } })
})

test('a batch of an import is read up to its own bound', async () => {
  const guests = Array.from({ length: 1_001 }, () => ({ first_name: 'x'.repeat(1_000) }))
  const message = Buffer.from(ImportRequest.encode(ImportRequest.fromPartial({ batch: { guests } })).finish())
  expect(message.length).toBeGreaterThan(1_000_000)
  const answer = await rawGrpc(address('guests'), IMPORT, { body: framed(message), token: suite.testerToken })
  expect(answer).toMatchObject({ ...unreadable, metadata: { fields: 'batch' } })
})

test('a batch of nothing but empty elements is not read to its end', async () => {
  // A list of reservations with one of 1.9 million empty rooms.
  const rooms = Buffer.alloc(3_800_000, Buffer.from([0x32, 0x00]))
  const within = (tag: number, message: Buffer) =>
    Buffer.concat([new BinaryWriter().uint32(tag).uint32(message.length).finish(), message])
  const message = within(0x0a, within(0x3a, within(0x0a, rooms)))
  const call = { body: gzipped(message), headers: { 'grpc-encoding': 'gzip' }, token: suite.testerToken }
  const answer = await rawGrpc(address('reservations'), IMPORT, call)
  expect(answer).toMatchObject({ ...unreadable, message: expect.stringContaining('too many fields') })
})

test('a body that is a larger message than it is JSON is too large over REST, too', async () => {
  const mask = Array.from({ length: 30_000 }, () => 'x').join(',')
  const id = '01980000-0000-7000-8000-00000000002a'
  const { status, json } = await suite.rest('PATCH', `/guests/${id}`, { body: { update_mask: mask } })
  expect([status, json.code, json.details[0].reason]).toEqual([413, 8, 'BODY_TOO_LARGE'])
})

import { createHash, randomUUID } from 'node:crypto'
import { UpdateGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { ImportRequest } from '@hotel/proto/hotel/transfer/v1/transfer'
import { openDatabase, type Prepared, query } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import { storeKeys } from '@hotel/runtime/resource/repeats'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CallOptions, Metadata, Status } from 'nice-grpc'
import { framed, rawGrpc } from '../edge/raw-grpc.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Options of a call with this key, and whether its answer is that of an earlier one. */
function keyed(key: string) {
  const said = { isReplayed: false }
  const options: CallOptions = {
    metadata: Metadata({ 'idempotency-key': key }),
    onHeader: (header) => {
      said.isReplayed = header.get('idempotent-replayed') === 'true'
    },
  }
  return { options, said }
}

type Call = (options?: CallOptions) => Promise<object>

/** A call that finds its resource as it wants it, one that changes it, the former with other words, and how it is read. */
type Case = { same: Call; later: Call; other: Call; read: Call }

async function cases(): Promise<Record<string, Case>> {
  const { guests, hotels, locations, rooms, roomTypes, employees, reservations } = suite
  const { guest, room } = await guestAndRoom(suite)
  const number = freshNumber()
  const [hotel, type] = [
    await hotels.createHotel({ name: 'A' }),
    await roomTypes.createRoomType({ name: `A ${number}` }),
  ]
  const location = await locations.createLocation({ name: 'A', time_zone: 'UTC' })
  const person = { first_name: 'Ada', email: `${number}@example.org`, role: 3 } as const
  const employee = await employees.createEmployee(person)
  const booked = { guest, room, in_date: day(10), out_date: day(12) }
  const { id } = await reservations.createReservation({ ...booked, note: 'A' })
  const replaced = { ...booked, in_date: day(20), out_date: day(22) }
  const other = await reservations.createReservation(replaced)
  const { number: itsNumber } = await rooms.getRoom({ id: room })
  const of = <Request extends object>(
    call: (request: Request, options?: CallOptions) => Promise<object>,
    read: (request: { id: string }) => Promise<object>,
    [same, later, other]: [Request & { id: string }, Request & { id: string }, Request & { id: string }],
  ): Case => ({
    same: (options) => call(same, options),
    later: () => call(later),
    other: (options) => call(other, options),
    read: () => read({ id: same.id }),
  })
  return {
    updateGuest: of(guests.updateGuest, guests.getGuest, [
      { id: guest, first_name: 'Ada' },
      { id: guest, first_name: 'Grace' },
      { id: guest, first_name: 'Eve' },
    ]),
    updateHotel: of(hotels.updateHotel, hotels.getHotel, [
      { id: hotel.id, name: 'A' },
      { id: hotel.id, name: 'B' },
      { id: hotel.id, name: 'C' },
    ]),
    replaceLocation: of(locations.replaceLocation, locations.getLocation, [
      { id: location.id, name: 'A', time_zone: 'UTC' },
      { id: location.id, name: 'B', time_zone: 'UTC' },
      { id: location.id, name: 'C', time_zone: 'UTC' },
    ]),
    updateRoom: of(rooms.updateRoom, rooms.getRoom, [
      { id: room, number: itsNumber },
      { id: room, number: freshNumber() },
      { id: room, number: freshNumber() },
    ]),
    replaceRoomType: of(roomTypes.replaceRoomType, roomTypes.getRoomType, [
      { id: type.id, name: `A ${number}` },
      { id: type.id, name: `B ${number}` },
      { id: type.id, name: `C ${number}` },
    ]),
    updateEmployee: of(employees.updateEmployee, employees.getEmployee, [
      { id: employee.id, first_name: 'Ada' },
      { id: employee.id, first_name: 'Grace' },
      { id: employee.id, first_name: 'Eve' },
    ]),
    updateReservation: of(reservations.updateReservation, reservations.getReservation, [
      { id, note: 'A' },
      { id, note: 'B' },
      { id, note: 'C' },
    ]),
    replaceReservation: of(reservations.replaceReservation, reservations.getReservation, [
      { id: other.id, ...replaced },
      { id: other.id, ...replaced, note: 'B' },
      { id: other.id, ...replaced, note: 'C' },
    ]),
    confirmReservation: {
      same: (options) => reservations.confirmReservation({ id }, options),
      later: () => reservations.updateReservation({ id, out_date: day(13) }),
      other: (options) => reservations.confirmReservation({ id, etag: '*' }, options),
      read: () => reservations.getReservation({ id }),
    },
    swapRooms: {
      same: (options) => reservations.swapRooms({ reservations: [id, other.id] }, options),
      later: async () => {
        await reservations.updateReservation({ id, note: 'swapped' })
        return reservations.updateReservation({ id: other.id, note: 'swapped' })
      },
      other: (options) => reservations.swapRooms({ reservations: [other.id, id] }, options),
      read: async () => ({
        a: await reservations.getReservation({ id }),
        b: await reservations.getReservation({ id: other.id }),
      }),
    },
  }
}

describe('a call that changed nothing', () => {
  test('is repeated with its first answer, whatever came in between, and takes no effect late', async () => {
    for (const [name, { same, later, other, read }] of Object.entries(await cases())) {
      const before = await read()
      const first = await same(keyed(`${name}-1`).options)
      // Nothing was changed by it.
      expect([name, await read()]).toEqual([name, before])
      await later()
      const now = await read()
      expect(now).not.toEqual(before)
      const { options, said } = keyed(`${name}-1`)
      const repeats = await Promise.all([same(options), ...[1, 2, 3].map(() => same(keyed(`${name}-1`).options))])
      for (const repeat of repeats) expect([name, repeat]).toEqual([name, first])
      expect([name, said]).toEqual([name, { isReplayed: true }])
      expect([name, await read()]).toEqual([name, now])
      await expect(other(keyed(`${name}-1`).options)).rejects.toRefuse(
        Status.INVALID_ARGUMENT,
        'IDEMPOTENCY_KEY_REUSED',
      )
    }
  })

  test('for the first time of many at once is remembered once', async () => {
    const { guest } = await guestAndRoom(suite)
    const calls = Array.from({ length: 16 }, () =>
      suite.guests.updateGuest({ id: guest, first_name: 'Ada' }, keyed('at-once').options),
    )
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ id: guest, etag: '"1"' })
  })

  test('leaves nothing of a guest who is erased', async () => {
    const { guest } = await guestAndRoom(suite)
    const request = { id: guest, first_name: 'Ada', last_name: 'Lovelace' }
    await suite.guests.updateGuest(request, keyed('of-erased').options)
    await suite.guests.eraseGuest({ id: guest })
    await suite.guests.eraseGuest({ id: guest }, keyed('erased-again').options)
    const { options, said } = keyed('of-erased')
    expect(await suite.guests.updateGuest(request, options)).toMatchObject({ id: guest, first_name: '[erased]' })
    expect(said.isReplayed).toBe(true)
    const again = keyed('erased-again')
    expect(await suite.guests.eraseGuest({ id: guest }, again.options)).toMatchObject({ first_name: '[erased]' })
    expect(again.said.isReplayed).toBe(true)
    const kept = await suite.sql('guests', "select 1 from idempotency_key where key = 'of-erased'")
    const digests = await suite.sql(
      'guests',
      'select 1 from idempotency_key where length(request_hash) = 0 and request_digest is not null',
    )
    expect([kept, digests]).toEqual([[], []])
  })

  test('nor of a reservation of such a guest, of both that swapped', async () => {
    const [a, b] = [await guestAndRoom(suite), await guestAndRoom(suite)]
    const book = (of: typeof a) =>
      suite.reservations.createReservation({ ...of, in_date: day(-3), out_date: day(-2), note: 'snores' })
    const [one, other] = [await book(a), await book(b)]
    const swap = { reservations: [one.id, other.id] }
    await suite.reservations.swapRooms(swap, keyed('swapped').options)
    await suite.guests.eraseGuest({ id: a.guest })
    const kept = await suite.sql('reservations', "select 1 from idempotency_key where key = 'swapped'")
    expect(kept).toEqual([])
    const { reservations } = await suite.reservations.swapRooms(swap, keyed('swapped').options)
    expect(reservations.map(({ note }) => note)).toEqual([undefined, 'snores'])
  })
})

describe('a key', () => {
  const request = { first_name: 'Grace' }
  const hashOf = (id: string) => {
    const asDecoded = UpdateGuestRequest.fromPartial({ id, ...request })
    return createHash('sha256')
      .update(JSON.stringify(['UpdateGuest', asDecoded, '']))
      .digest()
  }
  const row = async (key: string) => {
    const [found] = await suite.sql<{ request_hash: Buffer }>(
      'guests',
      'select request_hash from idempotency_key where key = $1',
      [key],
    )
    return found
  }
  const repeat = async (id: string, key: string) => {
    const { options, said } = keyed(key)
    await suite.guests.updateGuest({ id, ...request }, options)
    return said.isReplayed
  }

  test('of an instance of the build before is known, and one of this build to that', async () => {
    const { guest: id } = await guestAndRoom(suite)
    expect(await repeat(id, 'of-both')).toBe(false)
    expect((await row('of-both'))?.request_hash).toEqual(hashOf(id))
    await suite.sql('guests', "update idempotency_key set request_digest = null where key = 'of-both'")
    expect(await repeat(id, 'of-both')).toBe(true)
  })

  test('is known to a version of the API that has more fields, whose defaults the build before would see', async () => {
    const { guest: id } = await guestAndRoom(suite)
    await repeat(id, 'of-later')
    const later = createHash('sha256').update('with more fields').digest()
    await suite.sql('guests', "update idempotency_key set request_hash = $1 where key = 'of-later'", [later])
    expect(await repeat(id, 'of-later')).toBe(true)
    await suite.sql('guests', "update idempotency_key set request_digest = $1 where key = 'of-later'", [later])
    await expect(repeat(id, 'of-later')).rejects.toRefuse(Status.INVALID_ARGUMENT, 'IDEMPOTENCY_KEY_REUSED')
  })

  test('tells an empty field with presence from none', async () => {
    const { room } = await guestAndRoom(suite)
    const number = freshNumber()
    await suite.rooms.updateRoom({ id: room, number }, keyed('presence').options)
    const other = suite.rooms.updateRoom({ id: room, number, room_type: '' }, keyed('presence').options)
    await expect(other).rejects.toRefuse(Status.INVALID_ARGUMENT, 'IDEMPOTENCY_KEY_REUSED')
  })

  test('is refused by an import, first and again', async () => {
    const message = Buffer.from(ImportRequest.encode(ImportRequest.fromPartial({ batch: {} })).finish())
    const call = { body: framed(message), token: suite.testerToken, headers: { 'idempotency-key': 'imported' } }
    for (const service of serviceNames)
      for (let times = 0; times < 2; times++)
        expect(
          await rawGrpc(suite.stack.addresses[service][0] ?? '', '/hotel.transfer.v1.TransferService/Import', call),
        ).toMatchObject({ code: 'INVALID_ARGUMENT', metadata: { fields: 'idempotency-key' } })
  })
})

test('a cursor of a time to come, or of no numbering, is none', async () => {
  const take = async (cursor: string) => {
    for await (const answer of suite.guests.watchGuests({ hotel: DEFAULT_HOTEL, cursor })) return answer.cursor
    return ''
  }
  const good = await take('')
  const [epoch = '', ...rest] = Buffer.from(good, 'base64url').toString().split(' ')
  const again = (parts: string[]) => take(Buffer.from(parts.join(' ')).toString('base64url'))
  await expect(again([epoch, ...rest])).resolves.toEqual(expect.any(String))
  const tomorrow = (Date.now() + 86_400_000).toString(36)
  for (const parts of [
    [epoch, ...rest.slice(0, -1), tomorrow],
    [epoch, ...rest.slice(0, -1), 'zzzzzzzzz'],
    ['', ...rest],
    ['no-epoch', ...rest],
  ])
    await expect(again(parts)).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'cursor' })
})

test('a write whose key is not stored ends', async () => {
  const { hotel: withHead } = await suite.guests.createGuest({ first_name: 'Ada' })
  const orm = await openDatabase({ url: suite.stack.databaseUrls.guests, entities: [], poolSize: 1 })
  const run = <Row>(statement: string | Prepared, parameters: readonly unknown[] = []) =>
    query<Row>(orm.em, statement, parameters)
  const bytes = createHash('sha256').update('request').digest()
  const store = (hotel: string) => {
    const repeat = { caller: 'tester', key: freshNumber(), method: 'CreateGuest', hash: bytes, digest: bytes }
    const found = { several: undefined, id: undefined, resources: ['guest'], saved: [] }
    return storeKeys({ run }, [{ ...found, scope: { hotel }, repeat, before: 0n, now: new Date() } as never])
  }
  try {
    await expect(store(withHead)).resolves.toBeUndefined()
    // No head leads this hotel's rows, so there is none to join.
    await expect(store(randomUUID())).rejects.toMatchObject({ code: '40001' })
  } finally {
    await orm.close()
  }
})

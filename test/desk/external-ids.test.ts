import { randomUUIDv7 } from 'node:crypto'
import { Reservation } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'
import { importBatch } from '../transfer/importing.ts'
import { clockOf, type MovableClock } from './clock.ts'

let suite: Suite
let clock: MovableClock
beforeAll(async () => {
  suite = await sharedSuite({ clock: true, hotels: 'every' })
  clock = clockOf(suite)
  await clock.set(new Date('2045-01-01T12:00:00Z'))
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const DATES = { in_date: '2045-05-01', out_date: '2045-05-03' }

/** A hotel with a guest and a free room for each reservation that is made. */
async function newHotel() {
  const { id: hotel } = await suite.hotels.createHotel({ name: 'Numbered' })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
  const newRoom = async () => (await suite.rooms.createRoom({ number: freshNumber(), location })).id
  const book = async (more: object, options = {}) =>
    suite.gateway.reservations.createReservation({ guest, room: await newRoom(), ...DATES, ...more }, options)
  const list = async (filter: object) =>
    (await suite.reservations.listReservations({ hotel, ...filter })).reservations.map(({ id }) => id)
  return { hotel, guest, newRoom, book, list }
}

const taken = (reservation: string) => [Status.ALREADY_EXISTS, 'EXTERNAL_ID_TAKEN', { reservation }] as const
const number = { external_id: '4711', source: 'channel' }

describe('the number that a reservation has in another system', () => {
  test('is given at creation, read, changed and cleared', async () => {
    const { guest, newRoom, list } = await newHotel()
    const room = await newRoom()
    const made = await suite.rest('POST', '/reservations', { body: { guest, room, ...DATES, ...number } })
    expect(made).toMatchObject({ status: 201, json: number })
    const path = `/reservations/${made.json.id}`
    expect((await suite.rest('GET', path)).json).toEqual(made.json)
    expect(await list({ external_id: '4711' })).toEqual([made.json.id])
    const changed = await suite.rest('PATCH', path, { body: { external_id: '4712' } })
    expect(changed.json).toMatchObject({ external_id: '4712', source: 'channel', etag: '"2"' })
    const history = await suite.rest('GET', `${path}/history`)
    expect(history.json.entries[0].fields).toEqual([{ field: 'external_id', from: ['4711'], to: ['4712'] }])
    const cleared = await suite.rest('PATCH', path, { body: { update_mask: 'source' } })
    expect([cleared.json.external_id, cleared.json.source]).toEqual(['4712', undefined])
    const replaced = await suite.rest('PUT', path, { body: { guest, room, ...DATES } })
    expect([replaced.status, replaced.json.external_id]).toEqual([200, undefined])
    expect(await list({ external_id: '4712' })).toEqual([])
  })

  test('is of one live reservation of a hotel and source', async () => {
    const { book, list } = await newHotel()
    const first = await book(number)
    await expect(book(number)).rejects.toRefuse(...taken(first.id))
    const others = [await book({ external_id: '4711' }), await book({ ...number, source: 'other' })]
    await expect(book({ external_id: '4711' })).rejects.toRefuse(...taken(others[0]?.id ?? ''))
    const elsewhere = await newHotel()
    await elsewhere.book(number)
    const all = [first, ...others].map(({ id }) => id).toSorted()
    expect((await list({ external_id: '4711' })).toSorted()).toEqual(all)
    expect(await list(number)).toEqual([first.id])
    expect(await elsewhere.list({ external_id: '4711', source: 'other' })).toEqual([])
    const { id } = await book({ ...number, external_id: '4713' })
    const change = suite.reservations.updateReservation({ id, external_id: '4711' })
    await expect(change).rejects.toRefuse(...taken(first.id))
    await suite.reservations.updateReservation({ id, external_id: '4713', note: 'the same' })
  })

  test('is free again once its reservation is cancelled, which is restored only without it', async () => {
    const { book, list } = await newHotel()
    const first = await book(number)
    await suite.reservations.deleteReservation({ id: first.id })
    const second = await book(number)
    await expect(suite.reservations.undeleteReservation({ id: first.id })).rejects.toRefuse(...taken(second.id))
    expect(await list(number)).toEqual([second.id])
    expect(await list({ ...number, show_deleted: true })).toHaveLength(2)
    await suite.reservations.updateReservation({ id: second.id, external_id: '1', source: '2' })
    await suite.reservations.undeleteReservation({ id: first.id })
    expect(await list(number)).toEqual([first.id])
  })

  test('is free again once its hold lapses', async () => {
    const { book, list } = await newHotel()
    const until = new Date(clock.now().getTime() + 600_000)
    const held = await book({ ...number, hold_until: until })
    await expect(book(number)).rejects.toRefuse(...taken(held.id))
    await clock.set(until)
    const next = await book(number)
    expect(await list(number)).toEqual([next.id])
    expect(await suite.reservations.getReservation({ id: held.id })).toMatchObject({ delete_time: until })
  })

  test('has one winner of many at once, and a repeat by key has the first answer', async () => {
    const { book, list } = await newHotel()
    const results = await Promise.allSettled(Array.from({ length: 16 }, () => book(number)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toRefuse(Status.ALREADY_EXISTS, 'EXTERNAL_ID_TAKEN')
    expect(await list(number)).toHaveLength(1)
    const { guest, newRoom } = await newHotel()
    const request = { guest, room: await newRoom(), ...DATES, ...number }
    const repeat = { metadata: Metadata({ 'idempotency-key': randomUUIDv7() }) }
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => suite.reservations.createReservation(request, repeat)),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
  })

  test('is imported, and refused where another has it', async () => {
    const { guest, newRoom, book } = await newHotel()
    const first = await book(number)
    const record = async (more: object) => ({
      reservation: Reservation.fromPartial({ id: randomUUIDv7(), guest, rooms: [await newRoom()], ...DATES, ...more }),
      legs: [],
    })
    const same = { external_id: '4714', source: 'channel' }
    const reservations = [
      await record(number),
      await record(same),
      await record(same),
      await record({ ...same, delete_time: new Date('2045-01-01T00:00:00Z') }),
      await record({ external_id: 'x'.repeat(129) }),
    ]
    expect(await importBatch(suite, 'reservations', { reservations })).toEqual([
      'EXTERNAL_ID_TAKEN',
      'CREATED',
      'EXTERNAL_ID_TAKEN',
      'CREATED',
      'INVALID_FIELD',
    ])
    expect(await suite.reservations.getReservation({ id: reservations[1]?.reservation.id ?? '' })).toMatchObject(same)
    expect(await suite.reservations.getReservation({ id: first.id })).toMatchObject(number)
  })

  test.each<[object, ...string[]]>([
    [{ external_id: ' ' }, 'external_id'],
    [{ external_id: 'x'.repeat(129), source: 'x'.repeat(65) }, 'external_id', 'source'],
    [{ source: '' }, 'source'],
  ])('is refused: %j', async (body, ...fields) => {
    const { guest, newRoom } = await newHotel()
    const answer = await suite.rest('POST', '/reservations', {
      body: { guest, room: await newRoom(), ...DATES, ...body },
    })
    expect(refusal(answer)).toEqual(invalid(...fields))
  })

  test('is sought with its source, or without, but no source without a number', async () => {
    expect(refusal(await suite.rest('GET', '/reservations?source=channel'))).toEqual(invalid('source'))
  })
})

import path from 'node:path'
import { Reservation_Status as StatusCode } from '@hotel/proto/hotel/reservations/v1/reservations'
import { readErasures } from '@hotel/stack/erasures/erasure-list'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { Client } from 'pg'
import { nodeBinary } from '../../stack/setup/install.mjs'
import { newHotel, watch } from '../feeds/watching.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { run } from '../running/boot.ts'
import { day, demandViewIsTrue, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { refusal } from '../support/rest.ts'
import { folderWith } from '../transfer/transfer-runs.ts'
import { allChanges, placesOf, stays } from './personal-data.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ instances: { guests: 2 }, ownPostgres: true })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const keyed = (key: string) => ({ metadata: Metadata({ 'idempotency-key': key }) })
const { CHECKED_IN, CHECKED_OUT } = StatusCode
const NAMES = {
  first_name: 'Zebedee-canary',
  last_name: 'Quux-canary',
  email: 'canary@example.org',
  phone: '+442079460958',
}
const WORDS = ['canary', '2079460958']

const erase = (id: string) => suite.gateway.guests.eraseGuest({ id })

/** A room of a hotel of its own. */
async function hotelWithRoom() {
  const hotel = await newHotel(suite)
  const location = await suite.locations.createLocation({ hotel, name: 'Here', time_zone: 'UTC' })
  const room = await suite.rooms.createRoom({ location: location.id, number: freshNumber() })
  return { hotel, room: room.id }
}

/** What an erasure must leave as it is: bookings, nights and counts. */
async function counts(hotel: string) {
  const [here] = await suite.sql(
    'reservations',
    `select (select count(*) from reservation where hotel_id = $1) as reservations,
       (select count(*) from guest where hotel_id = $1) as guests,
       (select json_agg(o order by o) from occupancy o where hotel_id = $1) as nights,
       (select json_agg((r.id, in_date, out_date, status, rooms, guest_id, checkin_datetime, checkout_datetime, delete_time)
          order by id) from reservation r where hotel_id = $1) as bookings,
       (select count(*) from current_and_upcoming where hotel_id = $1) as stays`,
    [hotel],
  )
  const guests = await suite.guests.listGuests({ hotel, show_deleted: true })
  return { ...here, listed: guests.guests.length }
}

test('nothing of an erased guest is left in any table, in Redis, or in any answer; bookings and counts stay', async () => {
  const { hotel, room } = await hotelWithRoom()
  const other = await suite.guests.createGuest({ hotel, first_name: 'Bystander', email: 'by@example.org' })
  const guest = await suite.gateway.guests.createGuest(
    { hotel, ...NAMES, first_name: 'First-canary' },
    keyed('canary-1'),
  )
  const { id } = guest
  await suite.gateway.guests.updateGuest({ id, first_name: NAMES.first_name }, keyed('canary-2'))
  await suite.guests.deleteGuest({ id })
  await suite.guests.undeleteGuest({ id })
  const book = (guest: string, from: number, to: number, note: string, key: string) =>
    suite.gateway.reservations.createReservation(
      { guest, room, in_date: day(from), out_date: day(to), note, external_id: `${note} 4711`, source: 'channel' },
      keyed(key),
    )
  const stay = await book(id, -1, 0, 'canary: snores', 'canary-3')
  await suite.reservations.updateReservation({ id: stay.id, status: CHECKED_IN, note: 'canary: snores loudly' })
  await suite.reservations.updateReservation({ id: stay.id, status: CHECKED_OUT })
  const cancelled = await book(id, 5, 6, 'canary: allergic', 'canary-4')
  await suite.gateway.reservations.deleteReservation({ id: cancelled.id, reason: 'canary is ill' }, keyed('canary-5'))
  await book(other.id, 7, 8, 'by the sea', 'other')
  const { room: blocked } = await guestAndRoom(suite)
  await suite.blocks.createRoomBlock({ room: blocked, in_date: day(), out_date: day(1), reason: 'paint' })
  const fill = async () => {
    for (let n = 0; n < 2; n++) {
      expect((await suite.rest('GET', stays(hotel))).text).toContain(stay.id)
      await suite.reservations.getReservation({ id: stay.id })
    }
  }
  await fill()
  // The test of the test: before, it is everywhere, but where only ids are, as contract and decisions say.
  await eventually(async () => {
    await fill()
    expect(await placesOf(suite, hotel, WORDS)).toEqual([
      'GET /guests',
      'GET /guests/{id}',
      'GET /guests/{id}/history',
      'GET /guests:watch',
      'GET /reservations',
      'GET /reservations/current_and_upcoming',
      'GET /reservations/{id}',
      'GET /reservations/{id}/history',
      'GET /reservations:watch',
      'ListCurrentAndUpcoming',
      'ListGuests',
      'export guests.csv',
      'export reservations.csv',
      'guests.change',
      'guests.guest',
      'guests.idempotency_key',
      'redis stays',
      'reservations.change',
      'reservations.current_and_upcoming',
      'reservations.current_and_upcoming_source',
      'reservations.guest',
      'reservations.idempotency_key',
      'reservations.reservation',
    ])
  })
  const before = await counts(hotel)
  const versions = async () => (await suite.rest('GET', `/guests/${id}/history`)).json.entries.length
  const told = await versions()

  await fill()
  const erased = await suite.rest('POST', `/guests/${id}:erase`)
  expect(await placesOf(suite, hotel, WORDS)).toEqual([])
  expect(erased).toMatchObject({
    status: 200,
    json: { id, hotel, first_name: '[erased]', delete_time: expect.any(String), erase_time: expect.any(String) },
  })
  expect(Object.keys(erased.json)).not.toContain('last_name')
  expect(await counts(hotel)).toEqual(before)
  expect(await versions()).toBe(told + 1)
  await demandViewIsTrue(suite)
  for (const each of [stay, cancelled]) {
    const { external_id, source, confirmation_code } = await suite.reservations.getReservation({ id: each.id })
    expect([external_id, source, confirmation_code]).toEqual([undefined, 'channel', each.confirmation_code])
  }
  // Others' data is as it was.
  const listed = await suite.reservations.listReservations({ hotel, external_id: 'by the sea 4711' })
  expect(listed.reservations).toHaveLength(1)
  const bystander = await placesOf(suite, hotel, ['by@example.org', 'by the sea'])
  expect(bystander).toEqual(expect.arrayContaining(['guests.guest', 'guests.change', 'reservations.reservation']))

  const changes = (await allChanges(suite, 'guests', hotel)).filter((change) => change.guest.id === id)
  expect(changes.at(-1)).toMatchObject({ kind: 'ERASED', guest: { first_name: '[erased]' } })
  expect(changes.map(({ kind }) => kind)).toEqual(['CREATED', 'UPDATED', 'DELETED', 'UNDELETED', 'ERASED'])
  // The calls of before are still known by their keys, whatever is repeated: none is carried out anew.
  const repeated = await suite.guests.createGuest({ hotel, ...NAMES, first_name: 'First-canary' }, keyed('canary-1'))
  expect(repeated).toMatchObject({ id, first_name: '[erased]' })
  const booked = await book(id, -1, 0, 'canary: snores', 'canary-3')
  expect(booked.id).toBe(stay.id)
  await expect(suite.guests.deleteGuest({ id }, keyed('canary-2'))).rejects.toRefuse(
    Status.INVALID_ARGUMENT,
    'IDEMPOTENCY_KEY_REUSED',
  )
  expect(await placesOf(suite, hotel, WORDS)).toEqual([])
}, 120_000)

describe('an erased guest', () => {
  test('is not restored, changed, deleted or booked, and erasing it again changes nothing', async () => {
    const { guest: id, room } = await guestAndRoom(suite)
    await suite.guests.deleteGuest({ id })
    const erased = await erase(id)
    expect(erased.etag).toBe('"3"')
    await expect(suite.guests.undeleteGuest({ id })).rejects.toRefuse(Status.FAILED_PRECONDITION, 'GUEST_ERASED')
    for (const call of [suite.guests.updateGuest({ id, first_name: 'Ada' }), suite.guests.deleteGuest({ id })])
      await expect(call).rejects.toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND')
    const stay = { guest: id, room, in_date: day(), out_date: day(1) }
    await expect(suite.reservations.createReservation(stay)).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD')
    expect(await erase(id)).toEqual(erased)
    expect(await suite.guests.getGuest({ id })).toEqual(erased)
    // Not by the database's owner either.
    await expect(suite.sql('guests', `update guest set last_name = 'x' where id = $1`, [id])).rejects.toThrow(
      'guest_erased',
    )
  })

  test('is told to who watches, while it happens', async () => {
    const hotel = await newHotel(suite)
    const { id } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    for await (const { changes } of watch(suite, { collection: 'guests', query: { hotel } })) {
      const kinds = changes.map(({ kind }) => kind)
      if (kinds.includes('CREATED')) await erase(id)
      if (kinds.includes('ERASED')) break
    }
  })
})

test('a guest with a current or future reservation is not erased, unless that is cancelled', async () => {
  const { guest, room } = await guestAndRoom(suite)
  const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })
  const answer = await suite.rest('POST', `/guests/${guest}:erase`)
  expect(refusal(answer)).toEqual([400, 'GUEST_HAS_RESERVATIONS'])
  expect(answer.json.details[0].metadata).toEqual({ guest, reservations: id })
  expect(await suite.guests.getGuest({ id: guest })).toMatchObject({ first_name: 'Ada', etag: '"1"' })
  // Nobody carries it on.
  expect(await suite.sql('guests', 'select from erasure where guest_id = $1', [guest])).toEqual([])
  await suite.reservations.deleteReservation({ id })
  expect(await erase(guest)).toMatchObject({ first_name: '[erased]' })
})

test('the etag must hold; repeats with a key, 16 at once, get one answer', async () => {
  const { guest: id } = await guestAndRoom(suite)
  await expect(suite.guests.eraseGuest({ id, etag: '"7"' })).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH')
  const request = { id, etag: '"1"' }
  const all = Array.from({ length: 16 }, () => suite.gateway.guests.eraseGuest(request, keyed('erase')))
  const answers = await Promise.all(all)
  for (const each of answers) expect(each).toEqual(answers[0])
  await expect(suite.guests.eraseGuest(request)).rejects.toRefuse(Status.ABORTED, 'ETAG_MISMATCH', { etag: '"2"' })
  await expect(erase('0198a000-0000-7000-8000-000000000000')).rejects.toRefuse(Status.NOT_FOUND, 'RESOURCE_NOT_FOUND')
})

test('words about the guest go from the versions of a reservation that were the guest’s, not from a later guest’s', async () => {
  const { guest, room } = await guestAndRoom(suite)
  const other = await suite.guests.createGuest({ first_name: 'Grace' })
  const { id } = await suite.reservations.createReservation({
    guest,
    room,
    in_date: day(3),
    out_date: day(4),
    note: 'a',
    external_id: '1',
  })
  await suite.reservations.updateReservation({ id, guest: other.id, note: 'of Grace', external_id: '2' })
  await erase(guest)
  const notes = await suite.sql(
    'reservations',
    `select payload->>'guest_id' as guest, payload->>'note' as note, payload->>'external_id' as number
     from change where id = $1 order by seq`,
    [id],
  )
  expect(notes).toEqual([
    { guest, note: null, number: null },
    { guest: other.id, note: 'of Grace', number: '2' },
  ])
  expect((await suite.reservations.getReservation({ id })).note).toBe('of Grace')
})

describe('an erasure that was left half way', () => {
  /** Makes what was left behind look as old as what its maker has left behind. */
  const age = (id: string) =>
    suite.sql(
      'guests',
      `with aged as (update erasure set ask_time = ask_time - interval '1 minute' where guest_id = $1)
       update guest set retiring_time = retiring_time - interval '1 minute' where id = $1`,
      [id],
    )
  const isFinished = async (id: string) => {
    const [row] = await suite.sql('guests', 'select finish_time is not null as done from erasure where guest_id = $1', [
      id,
    ])
    expect(row).toEqual({ done: true })
    const replica = await suite.sql('reservations', 'select first_name, last_name from guest where id = $1', [id])
    expect(replica).toEqual([{ first_name: '[erased]', last_name: null }])
    expect(await suite.guests.getGuest({ id })).toMatchObject({ first_name: '[erased]', erase_time: expect.any(Date) })
  }

  test('by a service that was killed while it asked is carried on by another', async () => {
    const { guest: id, room } = await guestAndRoom(suite)
    await suite.reservations.createReservation({ guest: id, room, in_date: day(-3), out_date: day(-2), note: 'snores' })
    const lock = new Client({ connectionString: suite.stack.databaseUrls.reservations })
    await lock.connect()
    await lock.query('set idle_in_transaction_session_timeout = 0; begin; select 1 from feed_head for update')
    const erasing = Promise.allSettled([suite.guests.eraseGuest({ id })])
    await eventually(async () => {
      const rows = await suite.sql('guests', 'select from guest where id = $1 and retiring_time is not null', [id])
      expect(rows).toHaveLength(1)
    })
    await suite.stack.services.guests.instances[0]?.kill()
    expect((await erasing)[0]).toMatchObject({ status: 'rejected', reason: { code: Status.UNAVAILABLE } })
    await lock.query('rollback')
    await lock.end()
    await age(id)
    await suite.stack.services.guests.instances[0]?.start()
    await eventually(() => isFinished(id), 20_000)
    expect(await suite.sql('reservations', 'select note from reservation where guest_id = $1', [id])).toEqual([
      { note: null },
    ])
  }, 60_000)

  test('and is refused now: one that a caller wanted is given up, one of a restore waits until nothing is in the way', async () => {
    const [wanted, restored] = await Promise.all([guestAndRoom(suite), guestAndRoom(suite)])
    const book = ({ guest, room }: { guest: string; room: string }) =>
      suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })
    const [, { id, hotel }] = await Promise.all([book(wanted), book(restored)])
    await suite.sql(
      'guests',
      `insert into erasure (hotel_id, guest_id, ask_time, asked_by, standing)
       values ($1, $2, '-infinity', 'somebody', false), ($1, $3, '-infinity', 'system', true)`,
      [hotel, wanted.guest, restored.guest],
    )
    await eventually(async () => {
      const rows = await suite.sql(
        'guests',
        `select guest_id as guest, ask_time > '-infinity' as tried, finish_time from erasure where guest_id = any($1)`,
        [[wanted.guest, restored.guest]],
      )
      expect(rows).toEqual([{ guest: restored.guest, tried: true, finish_time: null }])
    }, 20_000)
    for (const { guest } of [wanted, restored])
      expect(await suite.guests.getGuest({ id: guest })).toMatchObject({ first_name: 'Ada', etag: '"1"' })
    await suite.reservations.deleteReservation({ id })
    await age(restored.guest)
    await eventually(() => isFinished(restored.guest), 20_000)
  }, 60_000)

  test('without the reservations service is not said to be done, and is done once that is back', async () => {
    const { guest: id } = await guestAndRoom(suite)
    await suite.guests.deleteGuest({ id })
    await suite.stack.services.reservations.kill()
    await expect(suite.guests.eraseGuest({ id })).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE')
    expect(await suite.guests.getGuest({ id })).toMatchObject({ first_name: '[erased]' })
    await suite.stack.services.reservations.start()
    await age(id)
    await eventually(() => isFinished(id), 20_000)
  }, 60_000)
})

/** Runs `npm run erasures` as npm does once all is in place; gives what it prints. */
async function erasures(...args: string[]): Promise<string> {
  const command = run(nodeBinary, ['stack/erasures/erasures.ts', ...args], {
    DATABASE_URL: suite.stack.postgres?.url ?? '',
  })
  expect([await command.ended, command.errors()]).toEqual([0, ''])
  return command.output()
}

test('after a restore from backup the list is replayed: who was erased is erased again, whatever the backup holds', async () => {
  const { guest: id, room } = await guestAndRoom(suite)
  const { guest: gone } = await guestAndRoom(suite)
  const { id: booked } = await suite.reservations.createReservation({
    ...{ guest: id, room, in_date: day(-3), out_date: day(-2), note: 'snores' },
  })
  const [backup] = await suite.sql('guests', 'select to_jsonb(g) as data from guest g where id = $1', [id])
  await erase(id)
  await erase(gone)
  const kept = await erasures()
  for (const guest of [id, gone]) expect(kept).toContain(`,${guest}\n`)

  // Both databases as they would be after the restore of a backup from before; of one guest it knows nothing.
  const ids = [[id, gone]]
  await suite.sql('guests', 'truncate erasure')
  await suite.sql('guests', 'delete from guest where id = any($1)', ids)
  await suite.sql('guests', 'delete from change where id = any($1)', ids)
  await suite.sql(
    'guests',
    `with old as materialized (
       select g.* from jsonb_populate_record(null::guest, $1) g, lateral begin_write(g.hotel_id, '0'))
     insert into guest (hotel_id, id, first_name, last_name, version, create_time, update_time, updated_by)
     select hotel_id, id, first_name, last_name, version, create_time, update_time, updated_by from old`,
    [backup?.data],
  )
  await suite.sql('reservations', 'truncate erased_guest')
  await suite.sql('reservations', `update guest set first_name = 'Ada', version = 1 where id = $1`, [id])
  await suite.sql('reservations', `update reservation set note = 'snores' where id = $1`, [booked])
  expect(await suite.guests.getGuest({ id })).toMatchObject({ first_name: 'Ada' })

  await using folder = await folderWith({ 'erasures.csv': kept })
  const said = await erasures('replay', path.join(folder.path, 'erasures.csv'))
  expect(said).toContain(`${kept.trim().split('\n').length} erasures are replayed`)
  await eventually(async () => {
    expect(await suite.sql('guests', 'select from erasure where finish_time is null')).toEqual([])
  }, 30_000)
  expect(await suite.guests.getGuest({ id })).toMatchObject({ first_name: '[erased]', erase_time: expect.any(Date) })
  const left = await suite.sql(
    'reservations',
    'select g.first_name, g.last_name, r.note from guest g join reservation r on r.guest_id = g.id where r.id = $1',
    [booked],
  )
  expect(left).toEqual([{ first_name: '[erased]', last_name: null, note: null }])
  expect(await erasures()).toBe(kept)
}, 60_000)

test('a list that is none is told by its line', () => {
  const line = '0198a000-0000-7000-8000-000000000000,0198a000-0000-7000-8000-000000000001'
  expect(readErasures(`${line}\n\n`)).toHaveLength(1)
  expect(() => readErasures(`${line}\nAda,Lovelace\n`)).toThrow('Line 2')
})

import type { GuestChange } from '@hotel/proto/hotel/guests/v1/guests'
import { GuestChange_Kind as Kind } from '@hotel/proto/hotel/guests/v1/guests'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { Client } from 'pg'
import { type Suite, sharedSuite, TESTER } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'
import { applyTo, beginWatch, type Change, contentOf, emptyMirror, listed, newHotel, watch } from './watching.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Watches guests until `enough` of the changes, then gives them with the cursor of the last answer. */
async function watchUntil(hotel: string, cursor: string, enough: (changes: GuestChange[]) => boolean) {
  const changes: GuestChange[] = []
  let last = cursor
  for await (const answer of suite.gateway.guests.watchGuests({ hotel, cursor })) {
    changes.push(...answer.changes)
    last = answer.cursor
    if (enough(changes)) break
  }
  return { changes, cursor: last }
}

const post = async (path: string, body: object = {}) => (await suite.rest('POST', path, { body })).json

/** A hotel with one of each resource, each changed, deleted and restored where it can be. */
async function eventfulHotel() {
  const { id: hotel } = await post('/hotels', { name: 'Eventful' })
  await suite.rest('PATCH', `/hotels/${hotel}`, { body: { name: 'Renamed' } })
  await suite.rest('DELETE', `/hotels/${hotel}`)
  await post(`/hotels/${hotel}:undelete`)
  const live = async (collection: string, body: object, change: object) => {
    const { id } = await post(`/${collection}`, body)
    await suite.rest('PATCH', `/${collection}/${id}`, { body: change })
    await suite.rest('DELETE', `/${collection}/${id}`)
    await post(`/${collection}/${id}:undelete`)
    return id
  }
  const location = await live('locations', { hotel, name: 'North', time_zone: 'UTC' }, { city: 'Oslo' })
  await live('room_types', { hotel, name: 'Double', max_guests: 2 }, { max_guests: 3 })
  await live('employees', { hotel, location, first_name: 'Eve', email: 'e@x.org', role: 'MANAGER' }, { last_name: 'B' })
  const room = await live('rooms', { location, number: '1' }, { number: '2' })
  const guest = await live('guests', { hotel, first_name: 'Ada' }, { phone: '+41 44 668 18 00' })
  const stay = { guest, room, in_date: day(), out_date: day(2) }
  await live('reservations', stay, { note: 'late' })
  const block = await post('/room_blocks', { room, in_date: day(9), out_date: day(10) })
  await suite.rest('DELETE', `/room_blocks/${block.id}`)
  return hotel
}

describe('each kind of resource', () => {
  let hotel: string
  beforeAll(async () => {
    hotel = await eventfulHotel()
  })
  const all = ['CREATED', 'UPDATED', 'DELETED', 'UNDELETED']
  const kinds: [collection: string, resource: string, kinds: string[]][] = [
    ['hotels', 'hotel', all],
    ['locations', 'location', all],
    ['room_types', 'room_type', all],
    ['employees', 'employee', all],
    ['rooms', 'room', all],
    ['guests', 'guest', all],
    ['reservations', 'reservation', all],
    ['room_blocks', 'room_block', ['CREATED', 'DELETED']],
  ]
  test.each(kinds)(
    '%s: its own changes and no others, as lines and as events; the last is what the list has',
    async (collection, resource, expected) => {
      for (const form of ['lines', 'events'] as const) {
        const mirror = emptyMirror(resource)
        const changes: Change[] = []
        for await (const answer of watch(suite, { collection, query: { hotel }, form })) {
          applyTo(mirror, answer)
          changes.push(...answer.changes)
          if (changes.length >= expected.length) break
        }
        expect(changes.map(({ kind, version, actor }) => [kind, version, actor])).toEqual(
          expected.map((kind, n) => [kind, String(n + 1), TESTER]),
        )
        expect(changes.map((change) => Object.keys(change)[0])).toEqual(expected.map(() => resource))
        if (collection === 'hotels')
          expect(contentOf(mirror)).toEqual([(await suite.rest('GET', `/hotels/${hotel}`)).json])
        else expect(contentOf(mirror)).toEqual(await listed(suite, collection, hotel))
      }
    },
  )

  test('over gRPC too; the changes of reservations hold no names', async () => {
    const kindsOf = async (answers: AsyncIterable<{ changes: { kind: number }[] }>) => {
      for await (const { changes } of answers) return changes.map(({ kind }) => kind)
      return []
    }
    const { gateway } = suite
    const request = { hotel }
    const four = [Kind.CREATED, Kind.UPDATED, Kind.DELETED, Kind.UNDELETED]
    expect(await kindsOf(gateway.hotels.watchHotels(request))).toEqual(four)
    expect(await kindsOf(gateway.locations.watchLocations(request))).toEqual(four)
    expect(await kindsOf(gateway.roomTypes.watchRoomTypes(request))).toEqual(four)
    expect(await kindsOf(gateway.employees.watchEmployees(request))).toEqual(four)
    expect(await kindsOf(gateway.rooms.watchRooms(request))).toEqual(four)
    expect(await kindsOf(gateway.guests.watchGuests(request))).toEqual(four)
    expect(await kindsOf(gateway.reservations.watchReservations(request))).toEqual(four)
    expect(await kindsOf(gateway.blocks.watchRoomBlocks(request))).toEqual([Kind.CREATED, Kind.DELETED])
    for await (const { changes } of watch(suite, { collection: 'reservations', query: { hotel } })) {
      expect(JSON.stringify(changes)).not.toMatch(/Ada|Lovelace/)
      break
    }
  })
})

describe('the order of changes', () => {
  test('each comes once, in commit order, from both instances, while many write', async () => {
    const hotel = await newHotel(suite)
    await suite.guests.createGuest({ hotel, first_name: 'First' })
    const watching = watchUntil(hotel, '', (changes) => changes.length >= 121)
    const made = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const { id } = await suite.gateway.guests.createGuest({ hotel, first_name: `Guest ${n}` })
        await suite.gateway.guests.updateGuest({ id, last_name: 'Renamed' })
        return id
      }),
    )
    const { changes } = await watching
    for (const id of made) {
      const own = changes.filter(({ guest }) => guest?.id === id)
      expect(own.map(({ version, kind }) => [version, kind])).toEqual([
        [1n, Kind.CREATED],
        [2n, Kind.UPDATED],
      ])
    }
    const times = changes.map(({ time }) => Number(time))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  /** A transaction of its own in the guests' database, which writes a guest and stays open until it is committed. */
  async function heldWrite(hotel: string, name: string) {
    const client = new Client({ connectionString: suite.stack.databaseUrls.guests })
    await client.connect()
    await client.query('set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0; begin')
    const written = (async () => {
      const { rows } = await client.query(`select begin_write($1, '0') as now`, [hotel])
      await client.query(
        `insert into guest (hotel_id, id, first_name, create_time, update_time, updated_by)
         values ($1, uuidv7(), $2, $3, $3, 'held')`,
        [hotel, name, rows[0].now],
      )
    })()
    const commit = async () => {
      await written
      await client.query('commit')
      await client.query(`select pg_notify('feed', $1)`, [hotel])
      await client.end()
    }
    return { written, commit }
  }

  /** Watches a hotel's guests from the beginning; the names so far, until there are as many as said. */
  function namesOf(hotel: string, count: number) {
    const names: string[] = []
    const whole = watchUntil(hotel, '', (changes) => {
      names.splice(0, names.length, ...changes.map(({ guest }) => guest?.first_name ?? ''))
      return names.length >= count
    })
    return { names, whole }
  }

  const waitingWrites = async () => {
    const sql = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return (await suite.sql('guests', sql)).length
  }

  test('a transaction that commits late is not missed by who has read on meanwhile', async () => {
    const hotel = await newHotel(suite)
    const { names, whole } = namesOf(hotel, 3)
    const first = await heldWrite(hotel, 'first')
    await first.written
    const second = await heldWrite(hotel, 'second')
    const committed = second.commit()
    // Without the lock of the head it commits before the first, and who watches sees it and goes on behind both.
    await eventually(async () => expect((await waitingWrites()) > 0 || names.includes('second')).toBe(true))
    await first.commit()
    await committed
    await suite.guests.createGuest({ hotel, first_name: 'third' })
    await whole
    expect(names).toEqual(['first', 'second', 'third'])
  })

  test('hotels do not wait for each other: each is told what it committed, in any order, while the others are open', async () => {
    const hotels = await Promise.all(Array.from({ length: 6 }, () => newHotel(suite)))
    const all = await Promise.all(
      hotels.map(async (hotel) => ({ ...namesOf(hotel, 1), write: await heldWrite(hotel, 'held') })),
    )
    await Promise.all(all.map(({ write }) => write.written))
    while (all.length > 0) {
      const [one] = all.splice(Math.floor(Math.random() * all.length), 1)
      await one?.write.commit()
      await one?.whole
      expect(all.flatMap(({ names }) => names)).toEqual([])
    }
  })
})

describe('a cursor', () => {
  test('goes on without gap or repetition, and sees deletion and restoring', async () => {
    const hotel = await newHotel(suite)
    const { id } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    const first = await watchUntil(hotel, '', (changes) => changes.length >= 1)
    await suite.guests.deleteGuest({ id })
    await suite.guests.undeleteGuest({ id })
    const { changes } = await watchUntil(hotel, first.cursor, (seen) => seen.length >= 2)
    expect(changes.map(({ kind, version }) => [kind, version])).toEqual([
      [Kind.DELETED, 2n],
      [Kind.UNDELETED, 3n],
    ])
  })

  test('comes at once; from now on it is that of now', async () => {
    const hotel = await newHotel(suite)
    await suite.guests.createGuest({ hotel, first_name: 'Before' })
    for await (const { changes, cursor } of suite.guests.watchGuests({ hotel, from_now: true })) {
      expect([changes, cursor === '']).toEqual([[], false])
      await suite.guests.createGuest({ hotel, first_name: 'After' })
      const after = await watchUntil(hotel, cursor, (seen) => seen.length >= 1)
      expect(after.changes.map(({ guest }) => guest?.first_name)).toEqual(['After'])
      break
    }
  })

  test('stays fresh while nothing happens, and while only other resources of the hotel change', async () => {
    const hotel = await newHotel(suite)
    const { id: location } = await suite.locations.createLocation({ hotel, name: 'North', time_zone: 'UTC' })
    const watching = await beginWatch(suite, { collection: 'employees', query: { hotel } })
    const quiet = await beginWatch(suite, { collection: 'guests', query: { hotel } })
    let writing = true
    const others = (async () => {
      for (let n = 0; writing; n++) await suite.locations.updateLocation({ id: location, city: `City ${n}` })
    })()
    for (const { answers } of [watching, quiet]) {
      const cursors = new Set<string>()
      for await (const { changes, cursor } of answers) {
        expect(changes).toEqual([])
        cursors.add(cursor)
        if (cursors.size === 2) break
      }
    }
    writing = false
    await others
    for (const { stop } of [watching, quiet]) stop()
  })

  test('of another hotel or resource, or mangled, is refused; one of a lost numbering is CURSOR_EXPIRED', async () => {
    const [hotel, other] = [await newHotel(suite), await newHotel(suite)]
    await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    const { cursor } = await watchUntil(hotel, '', (changes) => changes.length >= 1)
    const from = (of: string, given: string) => watchUntil(of, given, () => true)
    const wrong = [Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'cursor' }] as const
    await expect(from(other, cursor)).rejects.toRefuse(...wrong)
    for (const mangled of ['mangled', cursor.slice(2), cursor.slice(0, -12), `${cursor}AAAAAAAAAAAAAAAA`])
      await expect(from(hotel, mangled)).rejects.toRefuse(...wrong)
    const rooms = async () => {
      for await (const _ of suite.rooms.watchRooms({ hotel, cursor })) return
    }
    await expect(rooms()).rejects.toRefuse(...wrong)

    const [head] = await suite.sql('guests', 'select seq from feed_head where hotel_id = $1', [hotel])
    await suite.sql('guests', 'update feed_head set seq = 0 where hotel_id = $1', [hotel])
    await expect(from(hotel, cursor)).rejects.toRefuse(Status.OUT_OF_RANGE, 'CURSOR_EXPIRED')
    await suite.sql('guests', 'update feed_head set seq = $2 where hotel_id = $1', [hotel, head?.seq])
    const open = await beginWatch(suite, { collection: 'guests', query: { hotel, cursor } })
    await open.answers.next()
    await suite.sql('guests', 'update feed_epoch set epoch = gen_random_uuid()')
    await expect(from(hotel, cursor)).rejects.toRefuse(Status.OUT_OF_RANGE, 'CURSOR_EXPIRED')
    const { value: last } = await open.answers.next()
    expect([last.error.code, last.error.details[0].reason]).toEqual([Status.OUT_OF_RANGE, 'CURSOR_EXPIRED'])
    expect((await open.answers.next()).done).toBe(true)
  })
})

test('a hotel must be named and exist, in each service; a cursor and from_now exclude each other', async () => {
  for (const collection of ['guests', 'rooms', 'reservations']) {
    const refused = async (query: string) => {
      const { status, json } = await suite.rest('GET', `/${collection}:watch?${query}`)
      return [status, json.details[0].reason, json.details[0].metadata.fields]
    }
    const unknown = '01900000-0000-7000-8000-000000000000'
    expect(await refused('')).toEqual([400, 'INVALID_FIELD', 'hotel'])
    expect(await refused('hotel=1')).toEqual([400, 'INVALID_FIELD', 'hotel'])
    expect(await refused(`hotel=${unknown}`)).toEqual([400, 'INVALID_FIELD', 'hotel'])
    const hotel = await newHotel(suite)
    for await (const { cursor } of watch(suite, { collection, query: { hotel } })) {
      expect(await refused(`hotel=${hotel}&from_now=true&cursor=${cursor}`)).toEqual([400, 'INVALID_FIELD', 'from_now'])
      break
    }
  }
})

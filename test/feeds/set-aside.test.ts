import { ListChangesResponse } from '@hotel/proto/hotel/feed/v1/feed'
import { Outcome_Kind as Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { Client } from 'pg'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'
import { feedGauge, healthOf, insertChange, openFeed, openTransfers } from './feeds.ts'

// One hotel whose changes can not be followed, beside others, which must not notice.
let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** A hotel with a location, a type with one room, and a guest. */
async function newHouse() {
  const { id: hotel } = await suite.hotels.createHotel({ name: `Hotel ${freshNumber()}` })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const { id: room_type } = await suite.roomTypes.createRoomType({ hotel, name: 'Double' })
  const { id: room } = await suite.rooms.createRoom({ location, number: freshNumber(), room_type })
  const { id: guest } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
  return { hotel, location, room_type, room, guest }
}
const nameOf = async (type: string) =>
  (await suite.sql<{ name: string }>('reservations', 'select name from room_type where id = $1', [type]))[0]?.name
const rename = async (room_type: string) => {
  const name = `Type ${freshNumber()}`
  await suite.roomTypes.updateRoomType({ id: room_type, name })
  return name
}
const demandFollowed = async (room_type: string) => {
  const name = await rename(room_type)
  await eventually(async () => expect(await nameOf(room_type)).toBe(name))
  return name
}
const setAside = (hotels: number) =>
  eventually(async () => {
    expect(await feedGauge(suite, 'hotel_feed_hotels_set_aside', 'rooms')).toBe(hotels)
    expect(await healthOf(suite, 'hotel.feed.rooms')).toBe(hotels === 0 ? 1 : 2)
    expect(await healthOf(suite, '')).toBe(1)
  }, 30_000)
const told = (hotel: string) =>
  suite.lines.filter((line) => line.includes('set aside') && line.includes(hotel) && line.includes('"level":40')).length

describe('a change that can not be read', () => {
  test('sets its hotel aside: told once, the others followed and served, also after a restart; mended, it goes on', async () => {
    const [bad, good] = [await newHouse(), await newHouse()]
    // Known here before the next one comes: a page leaves out what a later change of it supersedes.
    const [before] = await Promise.all([demandFollowed(bad.room_type), demandFollowed(good.room_type)])
    const seq = await insertChange(suite, bad.hotel, 'no_resource', {})
    const after = await rename(bad.room_type)
    await setAside(1)
    await demandFollowed(good.room_type)
    expect(await nameOf(bad.room_type)).toBe(before)
    // Tried again, with another request each time.
    const faults = () =>
      suite.lines.filter((line) => line.includes('ListChanges') && line.includes('"level":50')).length
    await eventually(async () => expect(faults()).toBeGreaterThan(4), 30_000)
    await eventually(async () => {
      expect(told(bad.hotel)).toBe(1)
      const words = '1 of the hotels in the feed of rooms cannot be followed'
      expect(suite.lines.some((line) => line.includes(words))).toBe(true)
    })

    await suite.stack.services.reservations.kill()
    await suite.stack.services.reservations.start()
    await setAside(1)
    await eventually(async () => expect((await suite.rest('GET', '/healthz')).status).toBe(200))
    await demandFollowed(good.room_type)

    // Its own data is known and booked; whether a room of the type has come meanwhile, nobody can say.
    const stay = { in_date: day(1), out_date: day(2) }
    await suite.reservations.createReservation({ guest: bad.guest, room: bad.room, ...stay })
    const ofType = ({ guest, room_type }: typeof bad) =>
      suite.reservations.createReservation({ guest, room_type, ...stay })
    await expect(ofType(bad)).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', { peer: 'rooms' })
    await ofType(good)
    await expect(ofType(good)).rejects.toMatchObject({ code: Status.FAILED_PRECONDITION })
    const { id } = await suite.rooms.createRoom({ location: bad.location, number: freshNumber() })
    await suite.reservations.createReservation({ guest: bad.guest, room: id, ...stay })

    await suite.sql(
      'rooms',
      'update change set resource = $3, payload = (select payload from change where hotel_id = $1 and resource = $3 limit 1) where hotel_id = $1 and seq = $2',
      [bad.hotel, seq, 'hotel'],
    )
    await setAside(0)
    await eventually(async () => expect(await nameOf(bad.room_type)).toBe(after))
    await expect(ofType(bad)).rejects.toMatchObject({ code: Status.FAILED_PRECONDITION })
  }, 90_000)
})

describe('a change that can not be applied', () => {
  test('sets its hotel aside, and a batch of rows of another is imported all the same', async () => {
    const [bad, good] = [await newHouse(), await newHouse()]
    await Promise.all([demandFollowed(bad.room_type), demandFollowed(good.room_type)])
    await suite.sql(
      'reservations',
      `create function refuse() returns trigger language plpgsql as
       $$ begin if new.hotel_id = '${bad.hotel}' then raise check_violation; end if; return new; end $$`,
    )
    await suite.sql(
      'reservations',
      'create trigger refuse before insert or update on room_type for each row execute function refuse()',
    )
    const name = await rename(bad.room_type)
    await setAside(1)
    await demandFollowed(good.room_type)
    await eventually(async () => expect(told(bad.hotel)).toBe(1))

    // Neither is known here: one is found by asking for it, the other is nowhere.
    using transfers = openTransfers(suite, 'reservations')
    const { id: unseen } = await suite.rooms.createRoom({ location: bad.location, number: freshNumber() })
    const nowhere = '01900000-0000-7000-8000-00000000dead'
    const block = (room: string, n: number) => ({ id: `01900000-0000-7000-8000-00000000000${n}`, room })
    const { outcomes } = await transfers.client.import({
      batch: {
        room_blocks: [block(good.room, 1), block(unseen, 2), block(nowhere, 3)].map((row) => ({
          ...row,
          in_date: day(5),
          out_date: day(6),
        })),
      },
    })
    expect(outcomes.map(({ kind, fields }) => [kind, fields])).toEqual([
      [Kind.CREATED, []],
      [Kind.CREATED, []],
      [Kind.REFUSED, ['rooms']],
    ])

    await suite.sql('reservations', 'drop function refuse cascade')
    await eventually(async () => expect(await nameOf(bad.room_type)).toBe(name), 20_000)
    await setAside(0)
  }, 90_000)

  test("because the hotel's head is locked holds up no other", async () => {
    const [locked, good] = [await newHouse(), await newHouse()]
    await Promise.all([demandFollowed(locked.room_type), demandFollowed(good.room_type)])
    const lock = new Client({ connectionString: suite.adminUrl('reservations') })
    await lock.connect()
    try {
      await lock.query('begin')
      await lock.query('select from feed_head where hotel_id = $1 for update', [locked.hotel])
      const name = await rename(locked.room_type)
      for (let n = 0; n < 5; n++) await demandFollowed(good.room_type)
      expect(await nameOf(locked.room_type)).not.toBe(name)
      await lock.query('rollback')
      await eventually(async () => expect(await nameOf(locked.room_type)).toBe(name), 20_000)
    } finally {
      await lock.end()
    }
  }, 60_000)
})

describe('pages of a feed', () => {
  const MOST_BYTES = 1_048_576
  /** As large as a room type may be: 9 KB. */
  const large = (n: number) => ({ name: '😀'.repeat(250) + n, description: '😁'.repeat(2_000) })
  const writeTypes = async (hotel: string, types: number) => {
    await suite.sql(
      'rooms',
      `with write as materialized (select begin_write($1, '0') as now)
       insert into room_type (hotel_id, id, name, description, create_time, update_time, updated_by)
       select $1, gen_random_uuid(), repeat('😀', 250) || n, repeat('😁', 2000), now, now, 'test'
       from write, generate_series(1, $2) n`,
      [hotel, types],
    )
  }
  const pagesOf = async (hotel: string, latest_only: boolean) => {
    using feed = openFeed(suite, 'rooms')
    const pages = []
    for (let after_seq = 0n; ; ) {
      const page = await feed.client.listChanges({ hotel, after_seq, latest_only })
      if (page.up_to === after_seq) return pages
      pages.push(page)
      after_seq = page.up_to
    }
  }

  test('are cut by bytes and by count, with nothing left out or twice; or with the last of each resource only', async () => {
    const { hotel, room_type } = await newHouse()
    await writeTypes(hotel, 300)
    for (let n = 0; n < 3; n++) await suite.roomTypes.updateRoomType({ id: room_type, ...large(1_000 + n) })
    const pages = await pagesOf(hotel, false)
    const [head] = await suite.sql<{ seq: string }>('rooms', 'select seq from feed_head where hotel_id = $1', [hotel])
    const all = pages.flatMap(({ changes }) => changes.map(({ seq }) => seq))
    expect(all).toEqual(Array.from({ length: Number(head?.seq) }, (_, n) => BigInt(n + 1)))
    for (const page of pages) expect(ListChangesResponse.encode(page).finish().length).toBeLessThanOrEqual(MOST_BYTES)
    expect(pages.length).toBeGreaterThan(2)

    const latest = (await pagesOf(hotel, true)).flatMap(({ changes }) => changes)
    const types = await suite.sql('rooms', 'select from room_type where hotel_id = $1', [hotel])
    expect(latest).toHaveLength(types.length + 3)
    expect(latest.at(-1)).toMatchObject({ seq: all.at(-1), version: 4n })
  }, 60_000)

  test('of at least one change each, however large, bring a hotel up to date that is far behind', async () => {
    const [behind, other] = [await newHouse(), await newHouse()]
    const pid = suite.stack.services.reservations.instances[0]?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    await writeTypes(behind.hotel, 500)
    await insertChange(suite, behind.hotel, 'room_type', await largest(behind.hotel))
    const [name, otherName] = [await rename(behind.room_type), await rename(other.room_type)]
    process.kill(pid, 'SIGCONT')
    await eventually(async () => {
      expect(await nameOf(other.room_type)).toBe(otherName)
      expect(await nameOf(behind.room_type)).toBe(name)
      expect(await feedGauge(suite, 'hotel_feed_lag_changes', 'rooms')).toBe(0)
    }, 30_000)
    const [row] = await suite.sql('reservations', 'select count(*)::int as n from room_type where hotel_id = $1', [
      behind.hotel,
    ])
    expect(row).toEqual({ n: 502 })
  }, 60_000)

  /** A change that is larger than a page, though no rule lets one be made. */
  async function largest(hotel: string) {
    const [row] = await suite.sql<{ payload: Record<string, unknown> }>(
      'rooms',
      `select payload from change where hotel_id = $1 and resource = 'room_type' limit 1`,
      [hotel],
    )
    return { ...row?.payload, id: '01900000-0000-7000-8000-000000000001', description: 'x'.repeat(2 * MOST_BYTES) }
  }
})

import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { RichClientError } from 'nice-grpc-error-details'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber, pick } from '../support/hotel.ts'
import { randomFrom } from '../support/random.ts'
import { clockOf, type MovableClock } from './clock.ts'

let suite: Suite
let clock: MovableClock
beforeAll(async () => {
  suite = await sharedSuite({ clock: true, hotels: 'every' })
  clock = clockOf(suite)
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const setClock = (instant: string) => clock.set(new Date(instant))

describe('after random operations the view is what the base tables say', () => {
  test.each([1, 2, 3])(
    'seed %d',
    async (seed) => {
      const random = randomFrom(seed)
      const guests = await Promise.all(
        ['Ada', 'Bo', 'Cy'].map(async (first_name) => (await suite.guests.createGuest({ first_name })).id),
      )
      const rooms = await Promise.all(
        Array.from({ length: 5 }, async () => (await suite.rooms.createRoom({ number: freshNumber() })).id),
      )
      const reservations: string[] = []
      const { CHECKED_IN, CHECKED_OUT } = Reservation_Status
      const operations: (() => Promise<unknown>)[] = [
        async () => {
          const from = Math.floor(random() * 8) - 3
          const made = await suite.reservations.createReservation({
            guest: pick(guests, random),
            room: pick(rooms, random),
            in_date: day(from),
            out_date: day(from + Math.floor(random() * 4)),
          })
          reservations.push(made.id)
        },
        () => suite.reservations.updateReservation({ id: pick(reservations, random), room: pick(rooms, random) }),
        () =>
          suite.reservations.updateReservation({
            id: pick(reservations, random),
            out_date: day(Math.floor(random() * 9)),
          }),
        () => suite.reservations.updateReservation({ id: pick(reservations, random), status: CHECKED_IN }),
        () =>
          suite.reservations.updateReservation({
            id: pick(reservations, random),
            status: CHECKED_OUT,
            out_date: day(),
          }),
        () => suite.reservations.deleteReservation({ id: pick(reservations, random) }),
        () => suite.reservations.undeleteReservation({ id: pick(reservations, random) }),
        () => suite.guests.updateGuest({ id: pick(guests, random), first_name: `Guest ${Math.floor(random() * 1e6)}` }),
        () => suite.rooms.updateRoom({ id: pick(rooms, random), number: freshNumber() }),
        () => suite.rooms.deleteRoom({ id: pick(rooms, random) }),
        () => suite.rooms.undeleteRoom({ id: pick(rooms, random) }),
      ]
      let done = 0
      for (let step = 0; step < 120; step++) {
        const operation = reservations.length < 3 ? operations[0] : pick(operations, random)
        await operation?.().then(
          () => done++,
          (error: unknown) => expect(error).toBeInstanceOf(RichClientError),
        )
      }
      expect(done).toBeGreaterThan(30)
      await demandViewIsTrue(suite)
      await eventually(() => demandNamesAreNew(guests, rooms))
      await demandViewIsTrue(suite)
      const held = await suite.sql(
        'reservations',
        `select holder_id from occupancy o where holder = 'RESERVATION'
           and not exists (select 1 from reservation r where r.id = o.holder_id and r.delete_time is null)`,
      )
      expect(held).toEqual([])
      await eventually(() => demandRetiredAre(rooms))
    },
    60_000,
  )

  async function demandNamesAreNew(guests: string[], rooms: string[]): Promise<void> {
    for (const id of guests) {
      const { first_name } = await suite.guests.getGuest({ id })
      const [replica] = await suite.sql<{ first_name: string }>(
        'reservations',
        'select first_name from guest where id = $1',
        [id],
      )
      expect(replica?.first_name ?? first_name).toBe(first_name)
    }
    for (const id of rooms) {
      const { number } = await suite.rooms.getRoom({ id })
      const [replica] = await suite.sql<{ number: string }>('reservations', 'select number from room where id = $1', [
        id,
      ])
      expect(replica?.number ?? number).toBe(number)
    }
  }

  async function demandRetiredAre(rooms: string[]): Promise<void> {
    const { rooms: live } = await suite.rooms.listRooms({ page_size: 500 })
    const held = await suite.sql<{ id: string }>(
      'reservations',
      `select room_id as id from occupancy where holder = 'RETIRED' and room_id = any($1)`,
      [rooms],
    )
    const deleted = rooms.filter((id) => !live.some((room) => room.id === id))
    expect(held.map(({ id }) => id).sort()).toEqual(deleted.sort())
  }

  test('rebuild makes the same view', async () => {
    await suite.sql('reservations', 'delete from current_and_upcoming')
    await expect(demandViewIsTrue(suite)).rejects.toThrow('differs')
    await suite.sql('reservations', 'select rebuild_current_and_upcoming()')
    await demandViewIsTrue(suite)
  })
})

/** A zone, the last second before a midnight there, and the date that ends. */
const midnights: [zone: string, before: string, ends: string][] = [
  ['UTC', '2026-06-30T23:59:57Z', '2026-06-30'],
  ['Pacific/Kiritimati', '2026-06-30T09:59:57Z', '2026-06-30'],
  ['Etc/GMT+12', '2026-07-01T11:59:57Z', '2026-06-30'],
  ['Europe/Zurich', '2026-03-28T22:59:57Z', '2026-03-28'],
  ['Europe/Zurich', '2026-03-29T21:59:57Z', '2026-03-29'],
  ['Europe/Zurich', '2026-10-25T22:59:57Z', '2026-10-25'],
  ['America/Havana', '2026-03-08T04:59:57Z', '2026-03-07'],
]

describe("at midnight of a location's own calendar", () => {
  test.each(midnights)('%s from %s', async (time_zone, before, ends) => {
    await setClock(before)
    const location = await suite.locations.createLocation({ name: time_zone, time_zone })
    const guest = await suite.guests.createGuest({ first_name: 'Ada' })
    const plus = (days: number) => Temporal.PlainDate.from(ends).add({ days }).toString()
    const stays = [
      { name: 'leaves', in_date: plus(-2), out_date: ends },
      { name: 'arrives', in_date: plus(1), out_date: plus(2) },
      { name: 'in three days', in_date: plus(3), out_date: plus(4) },
    ]
    const names = new Map<string, string>()
    for (const { name, in_date, out_date } of stays) {
      const room = await suite.rooms.createRoom({ number: freshNumber(), location: location.id })
      const made = await suite.reservations.createReservation({ guest: guest.id, room: room.id, in_date, out_date })
      names.set(made.id, name)
    }
    const lists = async () => {
      const filter = { location: location.id }
      const [both, current, upcoming] = await Promise.all([
        suite.reservations.listCurrentAndUpcoming(filter),
        suite.reservations.listCurrent(filter),
        suite.reservations.listUpcoming(filter),
      ])
      return [both, current, upcoming].map((list) => list.reservations.map((stay) => names.get(stay.reservation)))
    }
    await setClock(before)
    expect(await lists()).toEqual([['leaves', 'arrives'], ['leaves'], ['arrives']])
    await setClock(Temporal.Instant.from(before).add({ seconds: 4 }).toString())
    expect(await lists()).toEqual([['arrives', 'in three days'], ['arrives'], ['in three days']])
  })

  test('a location that is given another time zone shows who leaves there today, two days ago by the zone before', async () => {
    await setClock('2027-03-10T11:00:00Z')
    const { id: hotel } = await suite.hotels.createHotel({ name: 'Moved' })
    const location = await suite.locations.createLocation({ hotel, name: 'M', time_zone: 'Pacific/Kiritimati' })
    const guest = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    const room = await suite.rooms.createRoom({ number: freshNumber(), location: location.id })
    const stay = { in_date: '2027-03-08', out_date: '2027-03-09' }
    await suite.reservations.createReservation({ guest: guest.id, room: room.id, ...stay })
    // What has left is swept at each start.
    await suite.stack.services.reservations.stop()
    await suite.stack.services.reservations.start()
    await suite.locations.updateLocation({ id: location.id, time_zone: 'Etc/GMT+12' })
    await eventually(async () => {
      const { reservations } = await suite.reservations.listCurrent({ location: location.id })
      expect(reservations).toMatchObject([stay])
    })
  })

  test('check-in is possible from the first second of the day there', async () => {
    // A hotel's time never goes back, so this one is made at the time of the test.
    await setClock('2027-06-30T09:59:40Z')
    const { id: hotel } = await suite.hotels.createHotel({ name: 'Kiritimati' })
    const location = await suite.locations.createLocation({ hotel, name: 'K', time_zone: 'Pacific/Kiritimati' })
    const guest = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    const room = await suite.rooms.createRoom({ number: freshNumber(), location: location.id })
    const { id } = await suite.reservations.createReservation({
      guest: guest.id,
      room: room.id,
      in_date: '2027-07-01',
      out_date: '2027-07-02',
    })
    const checkIn = () => suite.reservations.updateReservation({ id, status: Reservation_Status.CHECKED_IN })
    await setClock('2027-06-30T09:59:50Z')
    await expect(checkIn()).rejects.toRefuse(9, 'CHECK_IN_TOO_EARLY', { in_date: '2027-07-01', today: '2027-06-30' })
    await setClock('2027-06-30T10:00:00Z')
    await expect(checkIn()).resolves.toMatchObject({ status: Reservation_Status.CHECKED_IN })
  })
})

test('what left long ago is swept at a start, in parts that others need not wait long for, and nothing else is', async () => {
  await suite.sql(
    'reservations',
    `create function refuse_many() returns trigger language plpgsql as $$ begin
       if (select count(*) from old_rows) > 2000 then raise exception 'too many at once'; end if;
       return null;
     end $$`,
  )
  await suite.sql(
    'reservations',
    `create trigger refuse_many after delete on current_and_upcoming referencing old table as old_rows
     for each statement execute function refuse_many()`,
  )
  const { id: hotel } = await suite.hotels.createHotel({ name: 'Old' })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Old', time_zone: 'UTC' })
  await eventually(async () =>
    expect(await suite.sql('reservations', 'select 1 from location where id = $1', [location])).toHaveLength(1),
  )
  await suite.sql(
    'reservations',
    `insert into current_and_upcoming (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name, rooms,
       room_numbers)
     select $1, gen_random_uuid(), $2, '2020-01-01', case when n <= 4500 then date '2020-01-03' else '2099-01-01' end,
       'PENDING', gen_random_uuid(), 'Ada', array[gen_random_uuid()], '{1}'
     from generate_series(1, 4503) n`,
    [hotel, location],
  )
  await suite.stack.services.reservations.stop()
  await suite.stack.services.reservations.start()
  await eventually(async () =>
    expect(
      await suite.sql(
        'reservations',
        'select out_date::text, count(*)::int from current_and_upcoming where hotel_id = $1 group by 1',
        [hotel],
      ),
    ).toEqual([{ out_date: '2099-01-01', count: 3 }]),
  )
  await suite.sql('reservations', 'drop function refuse_many cascade')
  await suite.sql('reservations', 'delete from current_and_upcoming where hotel_id = $1', [hotel])
})

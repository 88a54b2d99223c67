import { randomUUID } from 'node:crypto'
import { HeldNights_Holder as Holder } from '@hotel/proto/hotel/reservations/v1/availability'
import { perService } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { createClients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** A location with rooms of these numbers, known to the reservations service, and a guest. */
async function place(...numbers: string[]) {
  const location = (await suite.locations.createLocation({ name: 'Place', time_zone: 'UTC' })).id
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Ada' })
  const rooms: string[] = []
  for (const number of numbers) rooms.push((await suite.rooms.createRoom({ number, location })).id)
  const asked = { location, in_date: day(), out_date: day(1) }
  await eventually(async () =>
    expect((await suite.availability.listRoomAvailability(asked)).rooms).toHaveLength(numbers.length),
  )
  const reserve = (index: number, from: number, to: number) =>
    suite.reservations.createReservation({ guest, room: rooms[index] ?? '', in_date: day(from), out_date: day(to) })
  return { location, guest, rooms, reserve }
}

describe('rooms', () => {
  test('each with the nights in the way, cut to the stay, in natural order', async () => {
    const { location, reserve } = await place('10', '9', '9a')
    await reserve(0, 0, 3)
    await reserve(0, 5, 5)
    const { id } = await reserve(1, 1, 4)
    const ask = async (from: number, to: number) => {
      const { rooms } = await suite.availability.listRoomAvailability({
        location,
        in_date: day(from),
        out_date: day(to),
      })
      return rooms.map(({ number, available, held }) => [
        number,
        available,
        ...held.map(({ in_date, out_date, by }) => [in_date, out_date, by]),
      ])
    }
    const { RESERVATION } = Holder
    expect(await ask(2, 7)).toEqual([
      ['9', false, [day(2), day(4), RESERVATION]],
      ['9a', true],
      ['10', false, [day(2), day(3), RESERVATION], [day(5), day(6), RESERVATION]],
    ])
    // The day another leaves is free; the last day of the stay holds no night.
    expect(await ask(4, 5)).toEqual([
      ['9', true],
      ['9a', true],
      ['10', true],
    ])
    // Day use asks for that one night.
    expect(await ask(5, 5)).toEqual([
      ['9', true],
      ['9a', true],
      ['10', false, [day(5), day(6), RESERVATION]],
    ])
    await suite.reservations.deleteReservation({ id })
    expect((await ask(2, 7))[0]).toEqual(['9', true])
  })

  test('a block and a retirement are told apart; a hold whose time has come holds nothing', async () => {
    const { location, guest, rooms } = await place('1', '2', '3')
    const [blocked = '', retired = '', held = ''] = rooms
    await suite.blocks.createRoomBlock({ room: blocked, in_date: day(1), out_date: day(2), reason: 'paint' })
    await suite.rooms.deleteRoom({ id: retired })
    const ask = async () => {
      const asked = { location, in_date: day(), out_date: day(3) }
      const { rooms } = await suite.availability.listRoomAvailability(asked)
      return rooms.map(({ number, held }) => [
        number,
        ...held.map(({ in_date, out_date, by }) => [in_date, out_date, by]),
      ])
    }
    const blockOnly = [['1', [day(1), day(2), Holder.BLOCK]], ['3']]
    await eventually(async () => expect(await ask()).toEqual(blockOnly))
    const hold_until = new Date(Date.now() + 4_000)
    await suite.reservations.createReservation({ guest, room: held, in_date: day(), out_date: day(2), hold_until })
    expect((await ask())[1]).toEqual(['3', [day(), day(2), Holder.RESERVATION]])
    await eventually(async () => expect(await ask()).toEqual(blockOnly))
  })

  test('page by page, filtered, over REST', async () => {
    const numbers = Array.from({ length: 7 }, () => freshNumber())
    const { location } = await place(...numbers)
    const seen: string[] = []
    let token = ''
    do {
      const path = `/room_availability?location=${location}&in_date=${day()}&out_date=${day(3)}&page_size=3&page_token=${token}`
      const { status, json } = await suite.rest('GET', path)
      expect(status).toBe(200)
      expect(json.rooms.length).toBeLessThanOrEqual(3)
      for (const { number, available, held } of json.rooms) {
        seen.push(number)
        expect([available, held]).toEqual([true, []])
      }
      token = json.next_page_token
    } while (token !== '')
    expect(seen).toEqual(numbers)
  })

  test('as the table of held nights has it, for random stays', async () => {
    const { location, rooms, reserve } = await place(...Array.from({ length: 6 }, () => freshNumber()))
    await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => reserve(n % 6, (n * 7) % 40, ((n * 7) % 40) + (n % 4))),
    )
    for (const [from, to] of [
      [0, 1],
      [3, 20],
      [10, 10],
      [0, 44],
      [39, 60],
    ] as const) {
      const asked = { location, in_date: day(from), out_date: day(to) }
      const answer = await suite.availability.listRoomAvailability(asked)
      const held = await suite.sql<{ room_id: string }>(
        'reservations',
        'select distinct room_id from occupancy where room_id = any($1) and in_date < $3::date and out_date > $2::date',
        [rooms, day(from), day(Math.max(to, from + 1))],
      )
      const busy = new Set(held.map(({ room_id }) => room_id))
      expect(answer.rooms.map(({ room, available }) => [room, available])).toEqual(
        answer.rooms.map(({ room }) => [room, !busy.has(room)]),
      )
      const nights = Math.max(to - from, 1)
      const types = await suite.availability.listRoomTypeAvailability(asked)
      expect(types.room_types[0]?.nights).toHaveLength(nights)
      const total = types.room_types[0]?.nights.reduce((sum, night) => sum + night.held, 0)
      const summed = answer.rooms
        .flatMap((room) => room.held)
        .reduce((sum, { in_date, out_date }) => {
          return sum + Temporal.PlainDate.from(in_date).until(out_date).days
        }, 0)
      expect(total).toBe(summed)
    }
  })
})

test('room types: how many rooms there are, held and free, each night', async () => {
  const { location, rooms, reserve } = await place('1', '2', '3')
  const double = await suite.roomTypes.createRoomType({ name: `Double ${randomUUID()}` })
  for (const id of rooms.slice(0, 2)) await suite.rooms.updateRoom({ id, room_type: double.id })
  await reserve(0, 0, 2)
  await reserve(1, 1, 3)
  await reserve(2, 0, 1)
  const asked = { location, in_date: day(), out_date: day(3) }
  const ask = async () => {
    const { room_types } = await suite.availability.listRoomTypeAvailability(asked)
    return room_types
      .filter(({ nights }) => nights.some(({ total }) => total > 0))
      .map(({ room_type, nights }) => [room_type, ...nights.map(({ total, held, free }) => [total, held, free])])
  }
  await eventually(async () =>
    expect(await ask()).toEqual([
      [double.id, [2, 1, 1], [2, 2, 0], [2, 1, 1]],
      [undefined, [1, 1, 0], [1, 0, 1], [1, 0, 1]],
    ]),
  )
  const { json } = await suite.rest(
    'GET',
    `/room_type_availability?location=${location}&room_type=${double.id}&in_date=${day()}&out_date=${day()}`,
  )
  expect(json.room_types).toEqual([
    {
      room_type: double.id,
      name: double.name,
      hotel: double.hotel,
      nights: [{ night: day(), total: 2, held: 1, free: 1 }],
    },
  ])
})

test('bad questions name the field', async () => {
  const ask = (request: object) =>
    suite.availability.listRoomAvailability({ in_date: day(), out_date: day(), ...request })
  for (const [wrong, fields] of [
    [{ in_date: '2026-02-30' }, 'in_date'],
    [{ in_date: '', out_date: '' }, 'in_date,out_date'],
    [{ out_date: day(-1) }, 'out_date'],
    [{ out_date: day(367) }, 'out_date'],
    [{ location: 'x' }, 'location'],
  ] as const) {
    await expect(ask(wrong)).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields })
  }
  await expect(ask({ out_date: day(366), page_size: 500 })).resolves.toBeDefined()
})

test('instances of the last release read the same rooms, each in full', async () => {
  const { location, rooms, reserve } = await place('1', '2', '3', '4')
  const { hotel, id: type } = await suite.roomTypes.createRoomType({ name: `Type ${freshNumber()}` })
  for (const id of rooms.slice(1, 3)) await suite.rooms.updateRoom({ id, room_type: type })
  await reserve(2, 0, 2)
  await reserve(2, 3, 4)
  await eventually(async () => {
    const held = `${day()} ${day(2)} RESERVATION,${day(3)} ${day(4)} RESERVATION`
    const columns = await suite.sql(
      'reservations',
      `select room, number, room_type, location, hotel, held
       from room_availability($1, $2, null, $3, null, null, null, null, 50, 0)`,
      [day(), day(7), location],
    )
    expect(columns).toEqual(
      rooms.map((room, n) => ({
        room,
        number: `${n + 1}`,
        room_type: n === 1 || n === 2 ? type : null,
        location,
        hotel,
        held: n === 2 ? held.split(',') : [],
      })),
    )
  })
})

test('a search costs by the rooms that it is for, not by their history', async () => {
  const { location, rooms } = await place(...Array.from({ length: 20 }, () => freshNumber()))
  const [row] = await suite.sql<{ hotel_id: string }>('reservations', 'select hotel_id from room where id = $1', [
    rooms[0],
  ])
  /** Pages that a search reads. It is asked twice: the first one also plans. */
  const cost = async () => {
    await suite.sql('reservations', 'vacuum analyze occupancy')
    let text = ''
    for (let time = 0; time < 2; time++) {
      const plan = await suite.sql<{ 'QUERY PLAN': string }>(
        'reservations',
        `explain (analyze, buffers, costs off)
         select * from room_lines($1, $2, null, $3, null, null, null, null, 50, 0)`,
        [day(100), day(114), location],
      )
      text = plan.map((line) => line['QUERY PLAN']).join('\n')
    }
    return Number(/shared hit=(\d+)/.exec(text)?.[1])
  }
  const fill = (years: number) =>
    suite.sql(
      'reservations',
      `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
       select $1, gen_random_uuid(), room, date '2000-01-01' + n * 3, date '2000-01-01' + n * 3 + 2, 'RESERVATION'
       from unnest($2::uuid[]) room, generate_series($3::int * 100, $3::int * 100 + 99) n on conflict do nothing`,
      [row?.hotel_id, rooms, years],
    )
  await fill(0)
  const little = await cost()
  for (let years = 1; years < 20; years++) await fill(years)
  // Twenty times the history: a level more of the index at most.
  expect(await cost()).toBeLessThan(little * 2)
})

test('a write is seen by the next question, also through another client', async () => {
  const { location, reserve } = await place('1')
  const { clients, close } = createClients(
    perService(() => suite.gateway.address),
    suite.testerToken,
  )
  try {
    for (let n = 0; n < 20; n++) {
      await reserve(0, n, n + 1)
      const { rooms } = await clients.availability.listRoomAvailability({
        location,
        in_date: day(n),
        out_date: day(n + 1),
      })
      expect(rooms[0]?.available).toBe(false)
    }
  } finally {
    close()
  }
})

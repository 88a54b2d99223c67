import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day } from '../support/hotel.ts'
import { folderWith, lines, refusals, run, start } from './transfer-runs.ts'

// Each import and export is a program of its own.
jest.setTimeout(120_000)

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('killed at any moment and begun again, with a service killed too, it ends as one import does', async () => {
  const rooms = Array.from({ length: 60 }, (_, n) => `K${n}`)
  const ends = new Map<number, number>()
  const expected: string[][] = []
  const stays = Array.from({ length: 3_000 }, (_, n) => {
    const room = n % rooms.length
    const begin = Math.floor(n / rooms.length) * 2
    // Each tenth takes a night of the one before it in its room, if that one has it: first come, first served.
    const from = n % 10 === 9 ? begin - 1 : begin
    if (from < (ends.get(room) ?? -1)) expected.push([String(n + 2), 'ROOM_NOT_AVAILABLE', ''])
    else ends.set(room, begin + 2)
    return `B${n},K${n % 50},${rooms[room]},${day(from + 10)},${day(begin + 12)}`
  })
  await using folder = await folderWith({
    'rooms.csv': lines('number', ...rooms),
    'guests.csv': lines('key,first_name', ...Array.from({ length: 50 }, (_, n) => `K${n},Killed ${n}`)),
    'reservations.csv': lines('key,guest,room,in_date,out_date', ...stays),
  })
  const files = ['rooms.csv', 'guests.csv', 'reservations.csv']
  const stored = async () => {
    const text = `select count(*)::int as count from reservation r join room m on m.id = r.rooms[1] where m.number like 'K%'`
    return (await suite.sql<{ count: number }>('reservations', text))[0]?.count ?? 0
  }
  let kills = 0
  for (const share of [0, 0.2, 0.5, 0.8]) {
    const running = start(suite, 'import', folder.path, ...files)
    let isOver = false
    const over = running.ended.then(() => (isOver = true))
    // Somewhere in a batch, once so much is stored.
    while (!isOver && (await stored()) < share * stays.length);
    if (share === 0.5) {
      await suite.stack.services.reservations.kill()
      await suite.stack.services.reservations.start()
    }
    await Promise.race([over, setTimeout(Math.random() * 300)])
    running.kill()
    if ((await running.ended).signal === 'SIGKILL') kills += 1
  }
  expect(kills).toBeGreaterThan(0)
  const ended = await run(suite, 'import', folder.path, ...files)

  const refused = (await refusals(folder.path, 'reservations.refused.csv')) ?? []
  expect(refused).toEqual(expected)
  expect(ended.code).toBe(2)
  const [counts] = await suite.sql(
    'reservations',
    `select count(*)::int as reservations, count(distinct o.holder_id)::int as holders, count(*) filter (where c.changes = 1)::int as told
     from reservation r join room m on m.id = r.rooms[1] and m.number like 'K%'
     left join occupancy o on o.hotel_id = r.hotel_id and o.holder_id = r.id
       and (o.in_date, o.out_date, o.room_id) = (r.in_date, r.out_date, r.rooms[1])
     cross join lateral (select count(*) as changes from change c where c.hotel_id = r.hotel_id and c.id = r.id) c`,
  )
  const sound = stays.length - expected.length
  expect(counts).toEqual({ reservations: sound, holders: sound, told: sound })
  const [orphans] = await suite.sql(
    'reservations',
    `select count(*)::int as count from occupancy o where not exists (
       select from reservation r where r.hotel_id = o.hotel_id and r.id = o.holder_id)`,
  )
  expect(orphans).toEqual({ count: 0 })
})

test('an import and the front desk race for the same nights: each has one winner, whole', async () => {
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Desk' })
  const rooms: string[] = []
  for (let n = 0; n < 4; n++) rooms.push((await suite.rooms.createRoom({ number: `Race ${n}` })).id)
  const nights = Array.from({ length: 60 }, (_, n) => ({ in_date: day(500 + n), out_date: day(501 + n) }))
  await using folder = await folderWith({
    'reservations.csv': lines(
      'guest,rooms,in_date,out_date,note',
      ...nights.map(({ in_date, out_date }) => `${guest},${rooms.join(';')},${in_date},${out_date},imported`),
    ),
  })
  const importing = run(suite, 'import', folder.path, 'reservations.csv')
  const booked: PromiseSettledResult<unknown>[] = []
  for (const dates of nights.toReversed()) {
    const create = (room: string) => suite.reservations.createReservation({ guest, room, ...dates })
    booked.push(...(await Promise.allSettled(rooms.slice(1, 3).map(create))))
  }
  await importing
  const refused = new Set(
    ((await refusals(folder.path, 'reservations.refused.csv')) ?? []).map(([line]) => Number(line) - 2),
  )
  const wins = nights.map(
    (_, n) =>
      booked
        .slice((nights.length - 1 - n) * 2)
        .slice(0, 2)
        .filter((one) => one.status === 'fulfilled').length,
  )
  // Imported: nobody else has a night of it. Refused: the desk has at least one.
  expect(wins.map((count) => count > 0)).toEqual(nights.map((_, n) => refused.has(n)))
})

test('a batch that is too much for one transaction goes on in smaller ones', async () => {
  await suite.sql(
    'reservations',
    `create function refuse_many() returns trigger language plpgsql as $$ begin
       if (select count(*) from new_rows) > 100 then raise exception 'too long' using errcode = '57014'; end if;
       return null;
     end $$`,
  )
  await suite.sql(
    'reservations',
    `create trigger refuse_many after insert on reservation referencing new table as new_rows
     for each statement execute function refuse_many()`,
  )
  const { id: guest } = await suite.guests.createGuest({ first_name: 'Many' })
  const { id: room } = await suite.rooms.createRoom({ number: 'Many' })
  const stays = Array.from({ length: 320 }, (_, n) => `${guest},${room},${day(n)},${day(n + 1)}`)
  await using folder = await folderWith({ 'reservations.csv': lines('guest,room,in_date,out_date', ...stays) })
  const { code, output } = await run(suite, 'import', folder.path, 'reservations.csv')
  expect([code, output]).toEqual([0, expect.stringContaining('320 imported, 0 already there, 0 refused')])
})

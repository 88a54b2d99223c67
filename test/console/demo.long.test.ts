import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { remove } from '../../demo/remove.ts'
import { nodeBinary } from '../../stack/setup/install.mjs'
import { root } from '../../stack/setup/run.mjs'
import { type Suite, startSuite } from '../harness/test-suite.ts'

// On a busy machine ten thousand reservations take their time.
jest.setTimeout(240_000)
let suite: Suite
beforeAll(async () => {
  suite = await startSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** `npm run demo` on the suite, to its end. */
async function demo(...args: string[]): Promise<{ code: number; output: string }> {
  const addresses = serviceNames.map((name) => [`${name.toUpperCase()}_ADDRESS`, suite.stack.addresses[name][0]])
  const env = { PATH: process.env.PATH, DATA_DIR: suite.stack.dataDir, ...Object.fromEntries(addresses) }
  const child = spawn(nodeBinary, [path.join(root, 'demo', 'main.ts'), ...args], { cwd: root, env, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

const count = async (path_: string, list: string) => ((await suite.rest('GET', path_)).json[list] as unknown[]).length
let hotel: string

test('a run fills a hotel that follows all rules, and a second one changes nothing', async () => {
  const first = await demo()
  expect(first.output).toMatch(/ created, 0 already there, 0 refused\. The hotel's id is/)
  expect(first.code).toBe(0)
  hotel = /id is ([\da-f-]{36})/.exec(first.output)?.[1] ?? ''
  const versions = () =>
    Promise.all(serviceNames.map((name) => suite.sql(name, 'select hotel_id, seq from feed_head order by hotel_id')))
  const before = await versions()
  const second = await demo()
  expect(second.output).toMatch(/^0 created, \d{5} already there, 0 refused\./m)
  expect(second.code).toBe(0)
  expect(await versions()).toEqual(before)
  expect(await suite.sql('reservations', 'select * from verify_current_and_upcoming()')).toEqual([])
})

test('it has what a desk looks at: rooms, guests, stays of all kinds, holds, blocks and cancellations', async () => {
  expect(await count(`/locations?hotel=${hotel}`, 'locations')).toBe(2)
  expect(await count(`/room_types?hotel=${hotel}`, 'room_types')).toBe(4)
  expect(await count(`/rooms?hotel=${hotel}&page_size=500`, 'rooms')).toBe(120)
  const [guests] = await suite.sql<{ count: string }>('guests', 'select count(*) from guest where hotel_id = $1', [
    hotel,
  ])
  expect(guests?.count).toBe('2000')
  for (const list of ['in_house', 'arrivals', 'departures', 'current_and_upcoming'])
    expect([list, await count(`/reservations/${list}?hotel=${hotel}`, 'reservations')]).not.toEqual([list, 0])
  for (const status of ['PENDING', 'CHECKED_IN', 'CHECKED_OUT'])
    expect(await count(`/reservations?hotel=${hotel}&status=${status}`, 'reservations')).toBe(50)
  for (const cause of ['GUEST', 'HOTEL', 'NO_SHOW'])
    expect(await count(`/reservations?hotel=${hotel}&show_deleted=true&cause=${cause}`, 'reservations')).toBe(50)
  const [held] = await suite.sql<{ count: string }>(
    'reservations',
    'select count(*) from reservation where hotel_id = $1 and hold_until > now() and delete_time is null',
    [hotel],
  )
  expect(Number(held?.count)).toBeGreaterThan(5)
  expect(await count(`/room_blocks?hotel=${hotel}`, 'room_blocks')).toBeGreaterThan(10)
})

test('a hotel is taken away with all that is in it, in any state of its stays', async () => {
  const { id } = await suite.hotels.createHotel({ name: 'Small' })
  const location = await suite.locations.createLocation({ hotel: id, name: 'Main', time_zone: 'Asia/Tokyo' })
  const room_type = await suite.roomTypes.createRoomType({ hotel: id, name: 'Double' })
  const room = await suite.rooms.createRoom({ location: location.id, number: '1', room_type: room_type.id })
  const guest = await suite.guests.createGuest({ hotel: id, first_name: 'Ada' })
  const today = Temporal.Now.plainDateISO('Asia/Tokyo')
  const days = (first: number, last: number) => ({
    in_date: String(today.add({ days: first })),
    out_date: String(today.add({ days: last })),
  })
  const there = await suite.reservations.createReservation({ guest: guest.id, room: room.id, ...days(0, 3) })
  await suite.reservations.updateReservation({ id: there.id, status: 2 })
  await suite.reservations.createReservation({ guest: guest.id, room: room.id, ...days(5, 6) })
  await suite.blocks.createRoomBlock({ room: room.id, ...days(8, 9) })
  const said: string[] = []
  await remove(suite, id, new AbortController().signal, (words) => said.push(words.trim()))
  expect(said.slice(0, 5)).toEqual([
    ...['1 guests checked out', '1 reservations cancelled', '1 blocks deleted', '1 guests deleted', '1 rooms deleted'],
  ])
  expect((await suite.hotels.getHotel({ id })).delete_time).toBeInstanceOf(Date)
})

test('an unknown argument is named', async () => {
  const { code, output } = await demo('--removed')
  expect(code).toBe(1)
  expect(output).toContain('"--removed" is not known')
})

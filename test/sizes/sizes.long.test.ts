import { randomUUID } from 'node:crypto'
import { ExportResponse, type ReservationRecord } from '@hotel/proto/hotel/transfer/v1/transfer'
import { kinds } from '@hotel/transfer/source/kinds'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { openAnyCall } from '../full-hotel/any-call.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'
import { csv, folderWith, refusals, run } from '../transfer/transfer-runs.ts'
import { transfers } from '../transfer/transfers.ts'
import { COUNT, type LargestFiles, largestFiles } from './largest-files.ts'
import { byGrpc, byRest, pagedMethods, pagesOf } from './lists.ts'

jest.setTimeout(240_000)

const anyCall = openAnyCall()
const largest: LargestFiles = largestFiles()
const files = Object.keys(largest.files)
let suite: Suite
let folder: Awaited<ReturnType<typeof folderWith>>
beforeAll(async () => {
  folder = await folderWith(largest.files)
  suite = await startSuite()
})
afterAll(async () => {
  anyCall.close()
  await suite?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

/** What cells say, in columns that an export writes as they were given. */
function texts(rows: Record<string, string>[] | undefined, columns: readonly string[]): Set<string> {
  return new Set(rows?.map((row) => columns.map((column) => row[column]).join()))
}

test('files of the largest legal rows are imported whole, and exported whole', async () => {
  expect(await run(suite, 'import', folder.path, ...files)).toEqual({
    ...{ code: 0, signal: null },
    output: expect.not.stringMatching(/[1-9]\d* refused/),
  })
  const exported = await run(suite, 'export', folder.path, 'exported')
  expect([exported.code, exported.output]).toEqual([0, expect.stringContaining('All is in')])
  for (const file of files) {
    const [given, got] = await Promise.all([csv(folder.path, file), csv(folder.path, 'exported', file)])
    const columns = Object.keys(given?.[0] ?? {}).filter((name) =>
      /name|address|city|description|number|email|note|reason/.test(name),
    )
    const missing = texts(given, columns).difference(texts(got, columns))
    expect([file, missing.size]).toEqual([file, 0])
    expect(got?.length).toBeGreaterThanOrEqual(given?.length ?? 0)
  }
})

/** Changes a text of a resource, again and again, as its service does. */
async function change(
  service: 'guests' | 'rooms' | 'reservations',
  table: string,
  id: string,
  columns: string[],
  length: number,
) {
  await suite.sql(
    service,
    `do $$ begin
       for n in 1..${COUNT} loop
         perform begin_write((select hotel_id from ${table} where id = '${id}'), '0');
         update ${table} set version = version + 1, update_time = clock_timestamp(), updated_by = 'sizes',
           ${columns.map((column) => `${column} = repeat(case n % 2 when 0 then U&'\\+01F3E8' else U&'\\0001' end, ${length})`).join(', ')}
         where id = '${id}';
       end loop;
     end $$`,
  )
}

/** Checks in the stays of today, at once. */
async function checkInToday() {
  await suite.sql(
    'reservations',
    `with begun as materialized (select begin_write(hotel_id, '0') as now from location)
     update reservation set status = 'CHECKED_IN', checkin_datetime = now, version = version + 1, update_time = now,
       updated_by = 'sizes'
     from begun where in_date = current_date and delete_time is null`,
  )
}

/** Hotels as those of the file, at once: each of an import is a transaction. */
async function manyHotels() {
  await suite.sql(
    'rooms',
    `with made as materialized (
      select gen_random_uuid() as id, repeat(U&'\\+01F3E8', 255) as name from generate_series(1, ${COUNT})
    ), begun as materialized (select made.*, begin_write(id, '0') as now from made)
    insert into hotel (hotel_id, id, name, create_time, update_time, updated_by)
    select id, id, name, now, now, 'sizes' from begun`,
  )
}

describe('every page of every list can be had', () => {
  const { guest, room, reservation } = largest.ids
  const all = { show_deleted: true }
  const stay = { in_date: day(), out_date: day(80) }
  /** What is asked of each method, and how many rows it has at least. */
  const asked: Readonly<Record<string, readonly [request: Record<string, string | boolean>, rows: number]>> = {
    ListGuests: [all, COUNT],
    ListGuestHistory: [{ id: guest }, COUNT],
    ListHotels: [all, COUNT],
    ListLocations: [all, COUNT],
    ListRoomTypes: [all, COUNT],
    ListRooms: [all, COUNT],
    ListRoomHistory: [{ id: room }, COUNT],
    ListEmployees: [all, COUNT],
    ListReservations: [all, 2 * COUNT],
    ListReservationHistory: [{ id: reservation }, COUNT],
    ListCurrentAndUpcoming: [{}, COUNT + 10],
    ListCurrent: [{}, COUNT],
    ListUpcoming: [{}, 10],
    ListInHouse: [{}, COUNT],
    ListArrivals: [{}, COUNT],
    ListDepartures: [{ date: day(1) }, COUNT],
    ListRoomBlocks: [all, COUNT],
    ListRoomAvailability: [stay, COUNT],
    ListRoomTypeAvailability: [stay, COUNT],
  }

  beforeAll(async () => {
    await manyHotels()
    await checkInToday()
    await change('guests', 'guest', guest, ['first_name', 'last_name'], 255)
    await change('rooms', 'room', room, ['number'], 255)
    await change('reservations', 'reservation', reservation, ['note', 'reason'], 2000)
    // Held every other night, so that there is much to say of each room.
    await suite.sql(
      'reservations',
      `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
       select hotel_id, gen_random_uuid(), id, current_date + 2 * n, current_date + 2 * n + 1, 'BLOCK'
       from room, generate_series(2, 40) n`,
    )
    const known = async () => suite.sql('reservations', 'select from room_type where delete_time is null')
    await eventually(async () => expect((await known()).length).toBeGreaterThan(COUNT))
  })

  test('of the methods that there are', () => {
    expect([...pagedMethods.keys()].sort()).toEqual(Object.keys(asked).sort())
  })

  test.each([...pagedMethods])('%s', async (name, method) => {
    const [request, count] = asked[name] ?? [{}, 0]
    const pages = await pagesOf(byRest(suite, method, request))
    expect(pages.map((rows) => rows.length)).not.toContain(0)
    const rows = pages.flat()
    expect(rows.length).toBeGreaterThanOrEqual(count)
    expect(new Set(rows).size).toBe(rows.length)
    expect(await pagesOf(byGrpc(suite, anyCall.call, method, request))).toEqual(pages)
  })
})

/** How many lines a file has, without its header. */
function linesOf(file: string): number {
  return (largest.files[file]?.split('\r\n').length ?? 0) - 2
}

/** Of an answer of an export: 512 KiB of texts, and what is beside them in 1,000 rows. */
const MOST_BYTES = 1024 * 1024

test('no answer of an export is larger than is said, many legs included', async () => {
  await suite.sql(
    'reservations',
    `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
     select r.hotel_id, r.id, r.rooms[1], r.in_date - 2 * n, r.in_date - 2 * n + 1, 'RESERVATION'
     from reservation r, generate_series(1, 30) n where r.delete_time is null and cardinality(r.rooms) = 1`,
  )
  for (const { name, service } of kinds) {
    using client = transfers(suite, service)
    const answers = await Array.fromAsync(client.export(name))
    const sizes = answers.map((answer) => ExportResponse.encode(answer).finish().length)
    expect([name, Math.max(...sizes) <= MOST_BYTES]).toEqual([name, true])
    const rows = answers.flatMap(({ batch }): unknown[] => batch?.[name] ?? [])
    expect(rows.length).toBeGreaterThanOrEqual(linesOf(`${name}.csv`))
    if (name !== 'reservations') continue
    const moved = (rows as ReservationRecord[]).filter(({ legs }) => legs.length === 31)
    expect(moved).toHaveLength(COUNT)
  }
})

test('an object of a dump that is too large for a batch is refused by itself', async () => {
  const object = (model: string, fields: object) => ({ model: `hotel.${model}`, pk: randomUUID(), fields })
  const objects = ['Ada', 'x'.repeat(2 ** 21), 'Grace'].map((first_name) => object('guest', { first_name }))
  await using dump = await folderWith({ 'dump.json': JSON.stringify(objects) })
  const { code, output } = await run(suite, 'import', dump.path, 'dump.json')
  expect([code, output]).toEqual([
    2,
    expect.stringContaining('dump.json (guests): 2 imported, 0 already there, 1 refused'),
  ])
  expect(await refusals(dump.path, 'dump.guests.refused.csv')).toEqual([['2', 'MALFORMED_LINE', '']])
})

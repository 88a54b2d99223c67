import { execFileSync } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect } from 'node:http2'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WatchRoomBlocksRequest } from '@hotel/proto/hotel/reservations/v1/blocks'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { type Answer, beginWatch, fillWithBlocks, newHotel, type Watching, watch } from './watching.ts'

const DAY_SECONDS = 86_400
const MOST = 30

let suite: Suite
let folder: string
let clockFile: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watch-limits-'))
  clockFile = path.join(folder, 'clock')
  await setClock(0)
  suite = await startSuite({
    instances: { guests: 2 },
    clockFile,
    env: {
      guests: { WATCH_LIMIT: '15', FEED_RETENTION: '7' },
      reservations: { WATCH_LIMIT: String(5 * MOST), WATCH_PATIENCE: '1' },
    },
  })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('each instance takes so many watches: the next one is refused, and the places of those that end are free', async () => {
  const hotel = await newHotel(suite)
  const begin = () => beginWatch(suite, { collection: 'guests', query: { hotel } })
  for (let round = 0; round < 3; round++) {
    const watching: Watching[] = []
    // One that has no place at an instance gets one at the other.
    await eventually(async () => {
      const next = await begin()
      if (next.status === 200) watching.push(next)
      else next.stop()
      expect(watching).toHaveLength(6)
    })
    const refused = await suite.rest('GET', `/guests:watch?hotel=${hotel}`)
    expect([refused.status, refused.json.code]).toEqual([429, Status.RESOURCE_EXHAUSTED])
    expect(refused.json.details[0]).toMatchObject({ reason: 'TOO_MANY_WATCHES', metadata: { limit: '3' } })
    const direct = async () => {
      for await (const _ of suite.guests.watchGuests({ hotel })) return
    }
    await expect(direct()).rejects.toRefuse(Status.RESOURCE_EXHAUSTED, 'TOO_MANY_WATCHES', { limit: '3' })
    for (const { stop } of watching) stop()
  }
})

test('a subject has a fifth of the places and a hotel half of them; the others have theirs, and so has the suite itself', async () => {
  const [one, two, three] = [await newHotel(suite), await newHotel(suite), await newHotel(suite)]
  const streams: { stop(): void }[] = []
  const begin = async (subject: string, hotel: string) => {
    const { direct } = suite.clientsWith(await suite.token({ subject }))
    const stopping = new AbortController()
    const answers = direct.guests.watchGuests({ hotel }, { signal: stopping.signal })[Symbol.asyncIterator]()
    await answers.next()
    // Ended by being told to.
    answers.next().catch(() => undefined)
    streams.push({ stop: () => stopping.abort() })
  }
  const refused = async (subject: string, hotel: string, of: string, limit: string) =>
    expect(begin(subject, hotel)).rejects.toRefuse(Status.RESOURCE_EXHAUSTED, 'TOO_MANY_WATCHES', { limit, of })
  for (let n = 0; n < 3; n++) await begin('greedy', one)
  await refused('greedy', one, 'SUBJECT', '3')
  await refused('greedy', two, 'SUBJECT', '3')
  for (let n = 0; n < 5; n++) await begin(`other ${n}`, one)
  await refused('other 9', one, 'HOTEL', '8')
  for (let n = 0; n < 7; n++) await begin(`third ${n}`, n < 4 ? two : three)
  await refused('fourth', three, 'SERVICE', '15')
  // Who follows the feeds for the suite has places of its own.
  await suite.stack.services.reservations.kill('SIGKILL')
  await suite.stack.services.reservations.start()
  for (const { stop } of streams) stop()
  await eventually(() => begin('fourth', one))
  streams.at(-1)?.stop()
})

/** Sets the services' clock forward by days and seconds; nobody reads half of it. */
async function setClock(days: number, seconds = 0): Promise<void> {
  await writeFile(`${clockFile}.new`, String(days * DAY_SECONDS + seconds))
  await rename(`${clockFile}.new`, clockFile)
}

test('a cursor is good for FEED_RETENTION days; from the oldest change one can always watch', async () => {
  const hotel = await newHotel(suite)
  const begin = (cursor: string) => beginWatch(suite, { collection: 'guests', query: { hotel, cursor } })
  const namesFrom = async (cursor: string) => {
    const watching = await begin(cursor)
    const { value } = await watching.answers.next()
    watching.stop()
    return { names: (value as Answer).changes.map(({ guest }) => guest.first_name), cursor: (value as Answer).cursor }
  }
  await suite.guests.createGuest({ hotel, first_name: 'first' })
  const { cursor } = await namesFrom('')
  await suite.guests.createGuest({ hotel, first_name: 'second' })
  await setClock(7, -60)
  expect((await namesFrom(cursor)).names).toEqual(['second'])
  await setClock(7, 60)
  const { status, json } = await suite.rest('GET', `/guests:watch?hotel=${hotel}&cursor=${cursor}`)
  expect([status, json.code, json.details[0].reason]).toEqual([400, Status.OUT_OF_RANGE, 'CURSOR_EXPIRED'])
  const all = await namesFrom('')
  expect(all.names).toEqual(['first', 'second'])
  await suite.guests.createGuest({ hotel, first_name: 'third' })
  expect((await namesFrom(all.cursor)).names).toEqual(['third'])
  await setClock(0)
})

/** How many watchers were let go, by the services' logs. */
const letGo = () => suite.lines.filter((line) => line.includes('a watcher that reads nothing')).length

test('a reader who takes nothing is let go with its name for it, and goes on where it stands without a gap', async () => {
  const hotel = await newHotel(suite)
  await fillWithBlocks(suite, hotel, 3_000)
  const rows = await suite.sql<{ id: string }>(
    'reservations',
    'select id from change where hotel_id = $1 order by seq',
    [hotel],
  )
  const idsOf = ({ changes }: Answer) => changes.map(({ room_block }) => room_block.id)
  const before = letGo()
  // What nobody iterates is not read from the socket: a few megabytes fit into the buffers of the kernel.
  const watching = await beginWatch(suite, { collection: 'room_blocks', query: { hotel } })
  await eventually(async () => expect(letGo()).toBe(before + 1), 20_000)
  const answers = await Array.fromAsync(watching.answers)
  const last = answers.at(-1)
  expect(last).toMatchObject({ changes: [], error: { code: Status.RESOURCE_EXHAUSTED } })
  expect(last?.error?.details[0]).toMatchObject({ reason: 'WATCHER_TOO_SLOW', metadata: { seconds: '1' } })
  const ids = answers.flatMap(idsOf)
  const query = { hotel, cursor: last?.cursor ?? '' }
  for await (const answer of watch(suite, { collection: 'room_blocks', query })) {
    ids.push(...idsOf(answer))
    break
  }
  expect(ids.length).toBeGreaterThan(answers.length)
  expect(ids).toEqual(rows.slice(0, ids.length).map(({ id }) => id))
  expect(ids.length).toBeLessThan(rows.length)
})

test('readers who never read cost the service next to nothing, and hold their places until they are gone', async () => {
  const hotel = await newHotel(suite)
  await fillWithBlocks(suite, hotel, 2_000)
  const megabytes = () => {
    const pid = suite.stack.services.reservations.instances[0]?.pid
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) / 1_024
  }
  const before = megabytes()
  const ended = letGo()
  const stalled = Array.from({ length: MOST }, () => neverRead(hotel))
  await eventually(async () => expect(letGo()).toBe(ended + MOST), 20_000)
  // All of it would be 500 MB as it is sent, and several times that as objects.
  expect(megabytes() - before).toBeLessThan(150)
  const begin = async () => {
    for await (const _ of suite.blocks.watchRoomBlocks({ hotel })) return
  }
  await expect(begin()).rejects.toRefuse(Status.RESOURCE_EXHAUSTED, 'TOO_MANY_WATCHES', { limit: String(MOST) })
  for (const session of stalled) session.destroy()
  await eventually(begin)
})

/** A connection to the service with a watch that is not read: HTTP/2 lets 64 KiB through. */
function neverRead(hotel: string): ClientHttp2Session {
  const session = connect(`http://${suite.stack.addresses.reservations[0]}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/hotel.reservations.v1.RoomBlockService/WatchRoomBlocks',
    'content-type': 'application/grpc',
    authorization: `Bearer ${suite.testerToken}`,
    te: 'trailers',
  })
  stream.on('error', () => undefined)
  const message = WatchRoomBlocksRequest.encode(WatchRoomBlocksRequest.fromPartial({ hotel })).finish()
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]))
  return session
}

import type { Supervised } from '@hotel/stack/run/supervision/processes'
import { DRAIN } from '@hotel/stack/servers/services'
import type { ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'
import {
  type Answer,
  applyTo,
  beginWatch,
  contentOf,
  emptyMirror,
  type Form,
  listed,
  type Mirror,
  newHotel,
  watch,
} from './watching.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const below = (most: number) => Math.floor(Math.random() * most)
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T

// Of one subject each instance takes a hundred, and the gateway deals them out nearly evenly.
test('a hundred and eighty who watch one hotel all get every change, in the same order', async () => {
  const hotel = await newHotel(suite)
  await suite.guests.createGuest({ hotel, first_name: 'First' })
  const begun = Array.from({ length: 180 }, (_, n) =>
    beginWatch(suite, { collection: 'guests', query: { hotel }, form: n % 2 === 0 ? 'lines' : 'events' }),
  )
  const watching = await Promise.all(begun)
  const got = watching.map(async ({ answers, stop }) => {
    const changes: string[] = []
    for await (const answer of answers) {
      changes.push(...answer.changes.map(({ guest, version }) => `${guest.id} ${version}`))
      if (changes.length >= 61) break
    }
    stop()
    return changes
  })
  await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const { id } = await suite.gateway.guests.createGuest({ hotel, first_name: `Guest ${n}` })
      await suite.gateway.guests.updateGuest({ id, last_name: 'Renamed' })
    }),
  )
  const [first, ...others] = await Promise.all(got)
  expect(new Set(first).size).toBe(61)
  for (const other of others) expect(other).toEqual(first)
}, 60_000)

/** Whether something has not failed, as calls may while instances come and go. */
const tried = (call: Promise<unknown>) =>
  call.then(
    () => true,
    () => false,
  )

/** Clients who write at random in a hotel, until they are told to stop; gives how many writes were answered. */
async function startWriters(hotel: string) {
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'North', time_zone: 'UTC' })
  const rooms = await Promise.all(['1', '2', '3'].map((number) => suite.rooms.createRoom({ location, number })))
  const { gateway } = suite
  const guests: string[] = []
  const reservations: string[] = []
  const acts: (() => Promise<unknown>)[] = [
    async () => guests.push((await gateway.guests.createGuest({ hotel, first_name: `Guest ${below(1e6)}` })).id),
    () => gateway.guests.updateGuest({ id: pick(guests), last_name: `Name ${below(1e6)}` }),
    () => gateway.guests.deleteGuest({ id: pick(guests) }),
    () => gateway.guests.undeleteGuest({ id: pick(guests) }),
    async () => {
      const from = below(90)
      const stay = { guest: pick(guests), room: pick(rooms).id, in_date: day(from), out_date: day(from + below(3)) }
      reservations.push((await gateway.reservations.createReservation(stay)).id)
    },
    () => gateway.reservations.updateReservation({ id: pick(reservations), note: `Note ${below(1e6)}` }),
    () => gateway.reservations.updateReservation({ id: pick(reservations), room: pick(rooms).id }),
    () => gateway.reservations.deleteReservation({ id: pick(reservations) }),
    () => gateway.reservations.undeleteReservation({ id: pick(reservations) }),
  ]
  guests.push((await gateway.guests.createGuest({ hotel, first_name: 'First' })).id)
  let running = true
  let answered = 0
  const writers = Array.from({ length: 4 }, async () => {
    while (running) {
      if (await tried(pick(acts)())) answered += 1
      else await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
  return {
    async stop() {
      running = false
      await Promise.all(writers)
      return answered
    },
  }
}

type Reading = { readonly mirror: Mirror; readonly collection: string; readonly form: Form | 'grpc' }

/** The answers after a mirror's cursor, until the signal or a fault cuts them. */
function answersFor({ mirror, collection, form }: Reading, hotel: string, signal: AbortSignal): AsyncIterable<Answer> {
  const query = { hotel, ...(mirror.cursor !== '' && { cursor: mirror.cursor }) }
  if (form !== 'grpc') return watch(suite, { collection, query, form, signal })
  // What differs from JSON, as times, is compared with messages too.
  return suite.gateway.guests.watchGuests(query, { signal }) as unknown as AsyncIterable<Answer>
}

/** Reads, is killed at a random moment or after a random number of answers, and goes on; gives how often it was killed. */
async function readAndDie(reading: Reading, hotel: string, writing: AbortSignal): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    if (writing.aborted) return deaths
    const killed = new AbortController()
    const timer = setTimeout(() => killed.abort(), below(500))
    let left = below(20)
    await tried(
      (async () => {
        for await (const answer of answersFor(reading, hotel, killed.signal)) {
          if (left-- === 0) break
          applyTo(reading.mirror, answer)
        }
      })(),
    )
    clearTimeout(timer)
    killed.abort()
  }
}

/** Reads until there is nothing more. */
async function catchUp(reading: Reading, hotel: string): Promise<void> {
  await eventually(async () => {
    for await (const answer of answersFor(reading, hotel, AbortSignal.timeout(20_000))) {
      applyTo(reading.mirror, answer)
      if (answer.error !== undefined) throw new Error(answer.error.message)
      if (answer.changes.length === 0) return
    }
  }, 30_000)
}

/** Loses the connections by which instances are told of changes: they poll until they have another. */
const loseListeners = (service: ServiceName) =>
  suite.sql(
    service,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'hotel-feed'`,
  )

test('readers killed at random miss nothing and get nothing twice, while instances die, drain and lose their listeners', async () => {
  const hotel = await newHotel(suite)
  const readings: Reading[] = [
    { mirror: emptyMirror('guest'), collection: 'guests', form: 'lines' },
    { mirror: emptyMirror('guest'), collection: 'guests', form: 'events' },
    { mirror: emptyMirror('guest'), collection: 'guests', form: 'grpc' },
    { mirror: emptyMirror('reservation'), collection: 'reservations', form: 'lines' },
  ]
  const writers = await startWriters(hotel)
  const written = new AbortController()
  const dying = readings.map((reading) => readAndDie(reading, hotel, written.signal))
  const instance = (service: ServiceName, index: number) => suite.stack.services[service].instances[index] as Supervised
  await Promise.all([
    (async () => {
      await loseListeners('guests')
      await instance('guests', 0).kill()
      await instance('guests', 0).start()
      await loseListeners('guests')
      await instance('guests', 1).stop(DRAIN)
      await instance('guests', 1).start()
    })(),
    (async () => {
      await loseListeners('reservations')
      await instance('reservations', 0).kill()
      await instance('reservations', 0).start()
      await loseListeners('reservations')
    })(),
  ])
  const answered = await writers.stop()
  written.abort()
  for (const deaths of await Promise.all(dying)) expect(deaths).toBeGreaterThan(15)
  expect(answered).toBeGreaterThan(100)

  // A deletion that an instance left behind when it died is finished by another within seconds: a change like others.
  for (const reading of readings) await eventually(() => compare(reading, hotel), 30_000)
}, 120_000)

/** Throws what a mirror, after it has read on to the end, has missed, got twice or holds otherwise than the list. */
async function compare(reading: Reading, hotel: string): Promise<void> {
  await catchUp(reading, hotel)
  const { mirror, collection, form } = reading
  const service = collection === 'guests' ? 'guests' : 'reservations'
  const all = await suite.sql<{ change: string }>(
    service,
    `select id || ' ' || version as change from change where hotel_id = $1 and resource = $2`,
    [hotel, mirror.resource],
  )
  expect([...mirror.seen.keys()].sort()).toEqual(all.map(({ change }) => change).sort())
  // Each answer was applied together with its cursor.
  expect([...mirror.seen.values()].filter((times) => times > 1)).toEqual([])
  const expected = form === 'grpc' ? await listedGuests(hotel) : await listed(suite, collection, hotel)
  expect(contentOf(mirror)).toEqual(expected)
}

async function listedGuests(hotel: string) {
  const guests = []
  let page_token = ''
  do {
    const page = await suite.guests.listGuests({ hotel, show_deleted: true, page_size: 500, page_token })
    guests.push(...page.guests)
    page_token = page.next_page_token
  } while (page_token !== '')
  return guests.sort((a, b) => (a.id < b.id ? -1 : 1))
}

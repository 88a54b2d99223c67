import { randomUUID } from 'node:crypto'
import { authorized, CREATE, creationOf, MOST_PER_SECOND } from '../data/calls.ts'
import { checkHistory, type SentCreates, type SentStays } from '../data/history.ts'
import { fillHotels, HOTEL_ROOMS } from '../data/hotels.ts'
import { dayAfter, idOf, sqlIdOf } from '../data/house.ts'
import { type BenchSuite, startBenchSuite } from '../data/suite.ts'
import type { Side } from '../frame/figure.ts'
import { ghzTogether } from '../load/ghz.ts'
import { connectionsFor } from '../load/sides.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 128
const PROCESSES = [1, 2]

/** Creates over one hotel and over many, by one process of the service and by two. */
export async function alone(run: Run): Promise<void> {
  const few = 10
  const counts = [1, few, run.sizes.hotels]
  await using suite = await startBenchSuite({ gateway: false, instances: { reservations: 4 } })
  const today = new Date().toISOString().slice(0, 10)
  // Each number of hotels has its own, one after another.
  const firstOf = (count: number) => counts.filter((other) => other < count).reduce((sum, other) => sum + other, 0)
  await fillHotels(suite.adminUrl, firstOf(Number.POSITIVE_INFINITY))
  const sent: SentCreates[] = []
  const places: Place[] = []
  const sides = counts.flatMap((hotels) => {
    const place = { suite, first: firstOf(hotels), hotels, today, next: 0, sent }
    places.push(place)
    return PROCESSES.map((processes) => sideOf(place, processes))
  })
  const [alone, ...others] = sides
  await run.figure({
    name: 'creates-hotels',
    title: `CreateReservation, ${IN_FLIGHT} in flight, over hotels and processes`,
    unit: 'creates/s',
    durability: suite.durability,
    rows: { hotels: firstOf(Number.POSITIVE_INFINITY), 'rooms of each': HOTEL_ROOMS },
    sides,
    comparisons: others.map(({ name }) => ({ of: name, to: alone?.name ?? '', must: 0.9 })),
    check: () => checkHistory(suite.adminUrl, sent),
  })
  const [, ofFew] = places
  if (ofFew !== undefined) await byProcesses(run, suite, ofFew)
}

/** How the processor time of a create grows with the processes of the service, which all write in the same hotels. */
async function byProcesses(run: Run, suite: BenchSuite, place: Place): Promise<void> {
  const sides = [1, 2, 4].map((size) => ({
    ...sideOf(place, size),
    point: { call: 'CreateReservation', of: 'processes', size },
  }))
  await run.figure({
    name: 'scale-processes',
    title: `CreateReservation, ${IN_FLIGHT} in flight, by so many processes`,
    unit: 'creates/s',
    durability: suite.durability,
    rows: { hotels: place.hotels, 'rooms of each': HOTEL_ROOMS },
    sides,
    comparisons: [],
    check: () => checkHistory(suite.adminUrl, place.sent),
  })
}

/** Some hotels, and how many of their stays have been asked for. */
type Place = {
  readonly suite: BenchSuite
  readonly first: number
  readonly hotels: number
  readonly today: string
  readonly sent: SentCreates[]
  next: number
}

function sideOf(place: Place, processes: number): Side {
  const { suite, hotels } = place
  const instances = suite.stack.services.reservations.instances.slice(0, processes)
  const words = (count: number, one: string, many: string) =>
    `${count.toLocaleString('en')} ${count === 1 ? one : many}`
  return {
    name: `${words(hotels, 'hotel', 'hotels')}, ${words(processes, 'process', 'processes')}`,
    by: 'ghz',
    inFlight: IN_FLIGHT,
    ...(processes === 1 && { point: { call: 'CreateReservation', of: 'hotels', size: hotels } }),
    processes: {
      service: instances.map(({ pid }) => pid ?? 0),
      postgres: [suite.stack.postgres?.process.pid ?? 0],
    },
    round: (seconds) => roundOf(place, processes, seconds),
  }
}

/** With several processes each takes every so many-th of the stays. */
async function roundOf(place: Place, processes: number, seconds: number) {
  const { suite, sent, next } = place
  const most = Math.ceil(seconds * MOST_PER_SECOND)
  const inFlight = IN_FLIGHT / processes
  const loads = Array.from({ length: processes }, (_, process) => {
    const keys = `${randomUUID()}-`
    return {
      keys,
      address: suite.stack.addresses.reservations[process] ?? '',
      method: CREATE,
      requests: Array.from({ length: most }, (_, n) => requestOf(place, next + n * processes + process)),
      metadata: { ...authorized(suite), 'idempotency-key': `${keys}{{.RequestNumber}}` },
      inFlight,
      connections: connectionsFor(inFlight),
    }
  })
  const { rounds, ...together } = await ghzTogether(loads, seconds)
  for (const [process, { keys }] of loads.entries()) {
    const { sent: count = 0, calls = 0 } = rounds[process] ?? {}
    if (count > most) throw new Error(`${count} calls were made with ${most} requests`)
    sent.push({ keys, first: 0, sent: count, acknowledged: calls, stays: staysOf(place, next, processes, process) })
  }
  place.next += processes * Math.max(...rounds.map((round) => round.sent))
  return together
}

/** The next stay of each hotel, room by room, then on the days after. */
const NIGHTS_APART = 3

function requestOf({ first, hotels, today }: Place, n: number): Uint8Array {
  const hotel = first + (n % hotels)
  const turn = Math.floor(n / hotels)
  return creationOf({
    guest: idOf('hotelGuest', hotel),
    room: idOf('hotelRoom', hotel * HOTEL_ROOMS + (turn % HOTEL_ROOMS)),
    in_date: dayAfter(today, Math.floor(turn / HOTEL_ROOMS) * NIGHTS_APART),
  })
}

/** The same in SQL, for the calls of one process in one round. */
function staysOf({ first, hotels, today }: Place, from: number, processes: number, process: number): SentStays {
  const number = (n: string) => `(${from} + ${n} * ${processes} + ${process})`
  const turn = (n: string) => `(${number(n)} / ${hotels})`
  return {
    room: (n) =>
      sqlIdOf('hotelRoom', `(${first} + ${number(n)} % ${hotels}) * ${HOTEL_ROOMS} + ${turn(n)} % ${HOTEL_ROOMS}`),
    first: (n) => `date '${today}' + (${turn(n)} / ${HOTEL_ROOMS} * ${NIGHTS_APART})::int`,
  }
}

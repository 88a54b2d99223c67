import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { Processes } from '../frame/figure.ts'
import type { Sizes } from '../run.ts'
import { fillPeople, fillReservations } from './fill.ts'
import { type FullHotel, idOf } from './house.ts'
import { type BenchSuite, startBenchSuite } from './suite.ts'

/** The suite with the filled hotel that the figures of a run share. */
export type Home = BenchSuite & {
  readonly house: FullHotel
  /** How many reservations it was filled with. */
  readonly reservations: number
  /** Numbers that nobody has had: of new stays, and of whatever else is used up. */
  take(what: string, count: number): number
  /** The processes that a call to a service keeps busy. */
  processes(service: 'guests' | 'rooms' | 'reservations'): Processes
  /** Fills it up to so many. */
  fill(reservations: number): Promise<void>
}

/** Starts it, with guests and rooms and no reservations but those of the annex. */
export async function openHome(sizes: Sizes): Promise<Home> {
  const suite = await startBenchSuite()
  const house = await houseOf(suite, sizes)
  await fillPeople(suite.adminUrl, house)
  const taken = new Map<string, number>()
  let reservations = 0
  return {
    ...suite,
    house,
    get reservations() {
      return reservations
    },
    take(what, count) {
      const first = taken.get(what) ?? 0
      taken.set(what, first + count)
      return first
    },
    processes: (service) => ({
      service: pids(suite.stack.services[service].instances[0]),
      postgres: pids(suite.stack.postgres?.process),
      ...(service === 'reservations' && { redis: pids(suite.stack.redis?.process) }),
    }),
    async fill(to) {
      await fillReservations(suite.adminUrl, house, reservations, to)
      reservations = Math.max(reservations, to)
    },
  }
}

function pids(process: { readonly pid: number | undefined } | undefined): number[] {
  return process?.pid === undefined ? [] : [process.pid]
}

async function houseOf({ adminUrl }: BenchSuite, { rooms, guests, arrivals, many }: Sizes): Promise<FullHotel> {
  return administer(databaseUrl(adminUrl, 'reservations'), async (client) => {
    const { rows } = await client.query<{ hotel: string; location: string; today: string }>(
      `select hotel_id as hotel, id as location, location_date(time_zone, now())::text as today from location`,
    )
    const [place] = rows
    if (place === undefined) throw new Error('there is no default location')
    const slots = Math.ceil(many / rooms)
    return { ...place, rooms, guests, annex: idOf('location', 0), annexRooms: arrivals, slots }
  })
}

import type { RoomBlock } from '@hotel/proto/hotel/reservations/v1/blocks'
import { type Reservation, Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { derivedId } from '@hotel/transfer/source/ids'
import { Calendar, DAYS_AHEAD, DAYS_BEHIND, demandOf } from './calendar.ts'
import type { FullHotel } from './house.ts'
import { type Random, randomOf } from './random.ts'
import {
  cancelled,
  dayOf,
  type Made,
  madeAs,
  morningOf,
  type Place,
  type Row,
  reservationOf,
  type Wanted,
} from './stays.ts'

/** What the rooms are held for. */
export type Year = {
  readonly reservations: readonly Row<Reservation>[]
  readonly room_blocks: readonly Row<RoomBlock>[]
}

/** What is known of the demo when its year is made. */
type Setting = {
  readonly house: FullHotel
  readonly guests: readonly { readonly id: string }[]
  readonly today: Temporal.PlainDate
}

const NIGHTS = DAYS_BEHIND + DAYS_AHEAD
const BLOCKS = 24
const GROUPS = 36
const HOLDS = 14
/** So many reservations are cancelled for each that is kept. */
const CANCELLED = 0.12

const works = ['Painting', 'Bathroom repair', 'New carpet', 'Air conditioning', 'Deep cleaning']
/** Makes a year of stays, holds, blocks and cancellations; `now` is only what the holds lapse after. */
export function makeYear({ house, guests, today }: Setting, now: Temporal.Instant): Year {
  const calendar = new Calendar()
  const places = house.locations.map(({ id, time_zone }) => ({
    ...{ location: id, time_zone },
    rooms: house.rooms.filter((room) => room.location === id && !room.delete_time).map((room) => room.id),
  }))
  const setting: Made = { hotel: house.hotel.id, guests, today, first: today.subtract({ days: DAYS_BEHIND }) }
  const room_blocks = makeBlocks(setting, places, calendar)
  const groups = places.flatMap((place) => makeGroups(place, calendar))
  const singles = places.flatMap((place) => place.rooms.flatMap((room) => fillRoom(setting, place, room, calendar)))
  const kept = [...groups, ...singles].map((wanted, index) => reservationOf(setting, wanted, `stay ${index}`))
  const random = randomOf('cancelled')
  const lost = singles
    .filter(() => random.chance(CANCELLED))
    .map((wanted, index) => cancelled(setting, wanted, `lost ${index}`))
  const held = makeHolds(setting, places, calendar, now)
  const byMaking = (a: Row<Reservation>, b: Row<Reservation>) => Number(a.create_time) - Number(b.create_time)
  return { reservations: [...kept, ...lost, ...held].sort(byMaking), room_blocks }
}

function makeBlocks(made: Made, places: readonly Place[], calendar: Calendar): Row<RoomBlock>[] {
  const random = randomOf('blocks')
  return Array.from({ length: BLOCKS }, (_, index) => {
    const { location, rooms } = random.pick(places)
    const [room, nights] = [random.pick(rooms), random.whole(1, 9)]
    // Some of them are now.
    const night = index < 4 ? DAYS_BEHIND - random.whole(0, 2) : random.whole(0, NIGHTS - 10)
    const id = derivedId('demo', made.hotel, 'block', String(index))
    if (!calendar.isFree(room, night, nights)) return undefined
    calendar.take(room, night, nights)
    const dates = { in_date: String(dayOf(made, night)), out_date: String(dayOf(made, night + nights)) }
    return {
      id,
      hotel: made.hotel,
      location,
      room,
      ...dates,
      reason: random.pick(works),
      create_time: morningOf(made, Math.min(night - 5, DAYS_BEHIND - 1)),
    }
  }).filter((block) => block !== undefined)
}

/** Several rooms at once, as a wedding or a congress takes them. */
function makeGroups(place: Place, calendar: Calendar): Wanted[] {
  const random = randomOf('groups', place.time_zone)
  return Array.from({ length: GROUPS / 2 }, () => {
    const [night, nights, count] = [random.whole(0, NIGHTS - 6), random.whole(1, 3), random.whole(3, 9)]
    const rooms = place.rooms.filter((room) => calendar.isFree(room, night, nights)).slice(0, count)
    for (const room of rooms) calendar.take(room, night, nights)
    return { place, rooms, night, nights }
  }).filter(({ rooms }) => rooms.length > 1)
}

/** One stay after another, with a night between them where nobody comes. */
function fillRoom(made: Made, place: Place, room: string, calendar: Calendar): Wanted[] {
  const random = randomOf('room', made.hotel.slice(0, 8), place.rooms.indexOf(room), place.time_zone)
  const stays: Wanted[] = []
  for (let night = random.whole(0, 2); night < NIGHTS; ) {
    const nights = stayLength(random)
    const isWanted = random.chance(demandOf(dayOf(made, night), night - DAYS_BEHIND))
    if (!isWanted || night + nights > NIGHTS || !calendar.isFree(room, night, nights)) {
      night += 1
      continue
    }
    calendar.take(room, night, nights)
    stays.push({ place, rooms: [room], night, nights })
    night += nights
  }
  return stays
}

function stayLength(random: Random): number {
  const lengths = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 7, 10]
  return random.pick(lengths)
}

/** Holds of the next days, on rooms that are free; each lapses within a day. */
function makeHolds(
  made: Made,
  places: readonly Place[],
  calendar: Calendar,
  now: Temporal.Instant,
): Row<Reservation>[] {
  const random = randomOf('holds')
  return Array.from({ length: HOLDS }, (_, index) => {
    const place = random.pick(places)
    const [night, nights] = [DAYS_BEHIND + random.whole(1, 20), random.whole(1, 4)]
    const room = place.rooms.find((each) => calendar.isFree(each, night, nights))
    const minutes = random.whole(20, 1_380)
    if (room === undefined) return undefined
    calendar.take(room, night, nights)
    const hold_until = new Date(now.add({ minutes }).round('minute').epochMilliseconds)
    return {
      ...madeAs(made, { place, rooms: [room], night, nights }, `hold ${index}`, random),
      status: Reservation_Status.PENDING,
      hold_until,
    }
  }).filter((hold) => hold !== undefined)
}

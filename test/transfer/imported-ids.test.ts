import { randomUUID } from 'node:crypto'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber } from '../support/hotel.ts'
import { importBatch } from './importing.ts'

let suite: Suite
let houses: readonly [FullHotel, FullHotel]
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
  houses = [await house(0), await house(1)]
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** A hotel with what an imported resource refers to, and who imports: each by another instance of each service. */
type FullHotel = Awaited<ReturnType<typeof house>>

async function house(instance: number) {
  const { id: hotel } = await suite.hotels.createHotel({ name: `Hotel ${instance}` })
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
  const { id: room } = await suite.rooms.createRoom({ location, number: '1' })
  const { id: guest } = await eventually(() => suite.guests.createGuest({ hotel, first_name: 'Ada' }))
  const importInto = (service: ServiceName, batch: Partial<Batch>) => importBatch(suite, service, batch, instance)
  return { hotel, location, room, guest, importInto }
}

/** Rows of each kind with these ids for a house, and which service takes them. */
const kinds: [
  name: string,
  rounds: number,
  service: ServiceName,
  rows: (house: FullHotel, ids: string[]) => Partial<Batch>,
][] = [
  [
    'guests',
    50,
    'guests',
    ({ hotel }, ids) => ({ guests: ids.map((id) => ({ id, hotel, first_name: 'Grace' })) as Batch['guests'] }),
  ],
  [
    'locations',
    8,
    'rooms',
    ({ hotel }, ids) => ({
      locations: ids.map((id) => ({ id, hotel, name: id, time_zone: 'UTC' })) as Batch['locations'],
    }),
  ],
  [
    'room types',
    8,
    'rooms',
    ({ hotel }, ids) => ({ room_types: ids.map((id) => ({ id, hotel, name: id })) as Batch['room_types'] }),
  ],
  [
    'rooms',
    50,
    'rooms',
    ({ hotel, location }, ids) => ({
      rooms: ids.map((id) => ({ id, hotel, location, number: id })) as Batch['rooms'],
    }),
  ],
  [
    'employees',
    8,
    'rooms',
    ({ hotel, location }, ids) => ({
      employees: ids.map((id) => ({
        ...{ id, hotel, location, first_name: 'Ada', email: `${id}@example.org`, role: 1 },
      })) as Batch['employees'],
    }),
  ],
  [
    'reservations',
    50,
    'reservations',
    ({ guest, room }, ids) => ({
      reservations: ids.map((id) => ({
        reservation: { id, guest, rooms: [room], ...nights(), status: 1 },
        legs: [],
      })) as unknown as Batch['reservations'],
    }),
  ],
  [
    'room blocks',
    8,
    'reservations',
    ({ room }, ids) => ({ room_blocks: ids.map((id) => ({ id, room, ...nights() })) as Batch['room_blocks'] }),
  ],
]

let night = 0
/** A night that nothing else of this file takes. */
function nights() {
  night += 1
  return { in_date: day(night), out_date: day(night + 1) }
}

describe('ids that two hotels import at the same moment', () => {
  test.each(kinds)(
    '%s, %i rounds: each is of one of them',
    async (_name, rounds, service, rows) => {
      const [a, b] = houses
      for (let round = 0; round < rounds; round++) {
        const ids = Array.from({ length: 8 }, () => randomUUID())
        // In the opposite order: no two wait for each other.
        const [ofA, ofB] = await Promise.all([
          a.importInto(service, rows(a, ids)),
          b.importInto(service, rows(b, ids.toReversed())),
        ])
        const pairs = ids.map((_, place) => [ofA[place], ofB[ids.length - 1 - place]].sort())
        expect(pairs).toEqual(ids.map(() => ['CREATED', 'ID_TAKEN']))
      }
    },
    120_000,
  )
})

describe('an id', () => {
  test('that a service made is not imported into another hotel', async () => {
    const [{ guest }, b] = houses
    const batch = { guests: [{ id: guest, hotel: b.hotel, first_name: 'Ada' }] as Batch['guests'] }
    expect(await b.importInto('guests', batch)).toEqual(['ID_TAKEN'])
  })

  test('of a line that was refused is free for another hotel', async () => {
    const [a, b] = houses
    const [id, number] = [randomUUID(), freshNumber()]
    await suite.rooms.createRoom({ location: a.location, number })
    const rows = ({ hotel, location }: FullHotel) => ({ rooms: [{ id, hotel, location, number }] as Batch['rooms'] })
    expect(await a.importInto('rooms', rows(a))).toEqual(['ROOM_NUMBER_TAKEN'])
    expect(await b.importInto('rooms', rows(b))).toEqual(['CREATED'])
    expect(await a.importInto('rooms', rows(a))).toEqual(['ID_TAKEN'])
    expect(await b.importInto('rooms', rows(b))).toEqual(['ALREADY_THERE'])
  })
})

describe('an id of several kinds: the holders of nights stay distinct', () => {
  const nights3 = { in_date: day(1005), out_date: day(1008) }
  const booked = async ({ location, guest }: FullHotel) => {
    const { id: room } = await suite.rooms.createRoom({ location, number: freshNumber() })
    const { id } = await eventually(() => suite.reservations.createReservation({ guest, room, ...nights3 }))
    const again = () =>
      suite.reservations.createReservation({ guest, room, ...nights3 }).catch((error) => error.details)
    return { id, room, again }
  }
  const heldBy = (id: string) =>
    suite.sql<{ holder: string }>(
      'reservations',
      'select holder from occupancy where holder_id = $1 order by holder, in_date',
      [id],
    )

  test('a block with the id of a reservation, imported and deleted, leaves the reservation its nights', async () => {
    const { id, again } = await booked(houses[0])
    const other = await suite.rooms.createRoom({ location: houses[0].location, number: freshNumber() })
    const rows = { room_blocks: [{ id, room: other.id, ...nights3 }] as Batch['room_blocks'] }
    expect(await eventually(() => houses[0].importInto('reservations', rows))).toEqual(['CREATED'])
    expect(await heldBy(id)).toEqual([{ holder: 'BLOCK' }, { holder: 'RESERVATION' }])
    await suite.blocks.deleteRoomBlock({ id })
    expect(await heldBy(id)).toEqual([{ holder: 'RESERVATION' }])
    expect(await again()).toEqual(expect.stringContaining('is held'))
  })

  test('a block with the id of a reservation that has its nights is refused, and the reservation keeps them', async () => {
    const { id, room, again } = await booked(houses[0])
    const rows = { room_blocks: [{ id, room, in_date: day(1006), out_date: day(1007) }] as Batch['room_blocks'] }
    expect(await houses[0].importInto('reservations', rows)).toEqual(['ROOM_NOT_AVAILABLE'])
    expect(await heldBy(id)).toEqual([{ holder: 'RESERVATION' }])
    expect(await again()).toEqual(expect.stringContaining('is held'))
  })

  test('a reservation with the id of a room keeps its nights when that room is deleted and restored', async () => {
    const [{ location, guest, room }] = houses
    const { id } = await suite.rooms.createRoom({ location, number: freshNumber() })
    const reservation = { id, guest, rooms: [room], ...nights3, status: 1 }
    const rows = { reservations: [{ reservation, legs: [] }] as unknown as Batch['reservations'] }
    expect(await houses[0].importInto('reservations', rows)).toEqual(['CREATED'])
    await suite.rooms.deleteRoom({ id })
    expect(await heldBy(id)).toEqual([{ holder: 'RESERVATION' }, { holder: 'RETIRED' }])
    await suite.rooms.undeleteRoom({ id })
    await eventually(async () => expect(await heldBy(id)).toEqual([{ holder: 'RESERVATION' }]))
  })
})

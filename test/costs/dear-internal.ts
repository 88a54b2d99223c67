import { randomUUIDv7 } from 'node:crypto'
import type { JsonObject } from '@bufbuild/protobuf'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { day } from '../support/hotel.ts'
import { type Dear, type Dearest, dear } from './dear.ts'
import { type LargeHotel, SIZE } from './large-hotel.ts'

/** Of what the gateway does not route: for the services themselves, and for import and export. */
export function dearInternal({ hotel, location, guest, room, roomType }: LargeHotel): Dearest {
  const mark = { hotel, version: '1', attempt: '1' }
  const everywhere = (request: JsonObject) => serviceNames.map((at) => dear(at, request, { at }))
  const imported = (at: ServiceName, list: string, row: (n: number) => JsonObject): Dear =>
    dear(list, () => ({ batch: { [list]: Array.from({ length: 1_000 }, (_, n) => row(n)) } }), { at })
  const hundred = (idOf: (n: number) => string) => Array.from({ length: 100 }, (_, n) => idOf(n + 1))
  const exported = (at: ServiceName, resource: string) => dear(resource, { resource }, { at })
  const far = SIZE.nights + 366 * 100
  const stay = (n: number, from: number) => ({
    reservation: {
      id: randomUUIDv7(),
      hotel,
      location,
      guest: guest(2),
      rooms: [room(1 + (n % SIZE.rooms))],
      in_date: day(from + Math.floor(n / SIZE.rooms)),
      out_date: day(from + Math.floor(n / SIZE.rooms) + 1),
    },
  })
  return {
    'RetirementService/RetireGuest': [
      dear('with many stays', { ...mark, guest: guest(1) }, { refused: 'FAILED_PRECONDITION' }),
    ],
    'RetirementService/EraseGuest': [
      dear('with some stays', (_, n) => ({ hotel, guest: guest(10 + n), version: '2' })),
    ],
    'RetirementService/RetireRoom': [
      dear('with many stays', { ...mark, room: room(1) }, { refused: 'FAILED_PRECONDITION' }),
    ],
    'FeedService/WatchHeads': everywhere({}),
    'FeedService/ListChanges': everywhere({ hotel }),
    'FeedService/ListResources': [
      dear('guest', { resource: 'guest', ids: hundred(guest) }, { at: 'guests' }),
      dear('room', { resource: 'room', ids: hundred(room) }, { at: 'rooms' }),
    ],
    'TransferService/Export': [
      exported('guests', 'guests'),
      exported('rooms', 'rooms'),
      exported('reservations', 'reservations'),
    ],
    'TransferService/Import': [
      imported('guests', 'guests', () => ({ id: randomUUIDv7(), hotel, first_name: 'Ada', last_name: 'Lovelace' })),
      // Each of a hotel of its own, which the rooms service is asked for.
      imported('guests', 'guests', () => ({ id: randomUUIDv7(), hotel: randomUUIDv7(), first_name: 'Ada' })),
      imported('rooms', 'locations', (n) => ({
        id: randomUUIDv7(),
        hotel,
        name: 'Main',
        time_zone: `Etc/Nowhere${n}`,
      })),
      imported('rooms', 'rooms', () => ({
        id: randomUUIDv7(),
        hotel,
        location,
        number: randomUUIDv7(),
        room_type: roomType(1),
      })),
      imported('reservations', 'reservations', (n) => stay(n, far)),
      // Each is refused by itself.
      imported('reservations', 'reservations', (n) => stay(n, 31)),
    ],
  }
}

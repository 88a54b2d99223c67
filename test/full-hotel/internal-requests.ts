import type { JsonObject } from '@bufbuild/protobuf'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { day } from '../support/hotel.ts'
import type { FullHotel } from './full-hotel.ts'
import { type AboutFullHotel, each, type Requests } from './requests-of-method.ts'

/** Of what the gateway does not route: for the services themselves, and for import and export. */
export function internalRequests(fullHotel: FullHotel): Requests {
  const { hotel, retired_guest, forgotten_guest, retired_room, reservation, free_room, guest } = fullHotel.ids
  const all = Object.values(fullHotel.ids)
  const mark = { hotel, version: '1', attempt: '1' }
  return {
    'RetirementService/RetireGuest': each({ ...mark, guest: retired_guest }),
    'RetirementService/EraseGuest': each({ hotel, guest: forgotten_guest, version: '2' }),
    'RetirementService/RetireRoom': each({ ...mark, room: retired_room }),
    'StatusCheckService/CheckUpdateReservation': each(
      { id: reservation, status: 'PENDING', note: 'late' },
      { id: reservation, guest, room: free_room, in_date: day(300), out_date: day(302) },
    ),
    'StatusCheckService/CheckReplaceReservation': each({
      ...{ id: reservation, guest, room: free_room, status: 'PENDING' },
      ...{ in_date: day(300), out_date: day(302) },
    }),
    'FeedService/WatchHeads': serviceNames.map((at) => ({ at, request: {} })),
    'FeedService/ListChanges': serviceNames.map((at) => ({ at, request: { hotel } })),
    'FeedService/ListResources': FED.map(([at, resource]) => ({ at, request: { resource, ids: all } })),
    'TransferService/Export': EXPORTED.map(([at, resource]) => ({ at, request: { resource } })),
    'TransferService/Import': imports(fullHotel),
  }
}

const FED: readonly [ServiceName, string][] = [
  ...['hotel', 'location', 'room_type', 'room', 'employee'].map(
    (resource) => ['rooms', resource] as [ServiceName, string],
  ),
  ['guests', 'guest'],
  ['reservations', 'reservation'],
  ['reservations', 'room_block'],
]

const EXPORTED: readonly [ServiceName, string][] = [
  ...['hotels', 'locations', 'room_types', 'rooms', 'employees'].map(
    (list) => ['rooms', list] as [ServiceName, string],
  ),
  ['guests', 'guests'],
  ['reservations', 'reservations'],
  ['reservations', 'room_blocks'],
]

/** New rows of each kind but hotels, which are nobody's yet. */
function imports({ tag, ids: { hotel, location, room_type, room, guest } }: FullHotel): AboutFullHotel[] {
  /** The same in all houses of one tag, and in no others. */
  const id = (row: number) => `0198${tag.slice(1).padStart(4, '0')}-0000-7000-8000-${String(row).padStart(12, '0')}`
  const at = (service: ServiceName, list: string, row: JsonObject) => ({
    at: service,
    request: { batch: { [list]: [row] } },
  })
  const person = { first_name: 'Ada', last_name: 'Lovelace' }
  const stay = (from: number) => ({ room, in_date: day(from), out_date: day(from + 1) })
  const email = `imported@${tag}.example.org`
  return [
    at('guests', 'guests', { id: id(1), hotel, ...person }),
    at('rooms', 'locations', { id: id(2), hotel, name: 'Imported', time_zone: 'UTC' }),
    at('rooms', 'room_types', { id: id(3), hotel, name: 'Imported' }),
    at('rooms', 'rooms', { id: id(4), hotel, location, number: `${tag} imported`, room_type }),
    at('rooms', 'employees', { id: id(5), hotel, location, ...person, role: 'MANAGER', email }),
    at('reservations', 'reservations', { reservation: { id: id(6), guest, ...stay(200), hotel, location } }),
    at('reservations', 'room_blocks', { id: id(7), ...stay(210), hotel, location }),
  ]
}

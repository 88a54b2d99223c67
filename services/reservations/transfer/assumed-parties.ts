import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { isVisible } from '@hotel/runtime/access/hotels'
import { valid } from '@hotel/runtime/call/valid'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { invalidFields } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { requiredName } from '@hotel/runtime/resource/text-rules'
import type { Write } from '@hotel/runtime/resource/write'
import { importFields } from '@hotel/runtime/transfer/import-rows'
import type { Place } from '../replicas/guest-and-rooms.ts'

/** The rooms and guests, of the caller's hotels, that a batch which is only validated takes as there. */
export type AssumedParties = {
  /** The places of the rooms. */
  readonly places: ReadonlyMap<string, Place>
  /** Whether a room or a guest is one of them. */
  has(id: string): boolean
  /** Stores those of a hotel where the rules look for rooms and guests, for a transaction that is rolled back. */
  assume(write: Write, hotel: string): Promise<void>
}

const { id, delete_time } = importFields
const rules = { id, hotel: id, delete_time }
const roomRules = { ...rules, location: id, number: requiredName(constraintOf('hotel.rooms.v1.Room.number')) }
const locationName = requiredName(constraintOf('hotel.rooms.v1.Location.name'))
const locationRules = { ...rules, name: locationName, time_zone: locationName }

/** Reads what a batch assumes; throws INVALID_ARGUMENT for what is no room, guest or location. */
export function assumedParties(assumed: Batch | undefined): AssumedParties {
  const of = <Row extends { hotel: string }>(rows: readonly Row[] = []) => rows.filter(({ hotel }) => isVisible(hotel))
  const rooms = of(assumed?.rooms.map((room) => valid(room, roomRules)))
  const guests = of(assumed?.guests.map((guest) => ({ ...valid(guest, rules), first_name: 'assumed' })))
  const locations = of(assumed?.locations.map((location) => valid(location, locationRules)))
  const ids = new Set([...rooms, ...guests].map((one) => one.id))
  return {
    places: new Map(rooms.map((room) => [room.id, { hotel: room.hotel, location: room.location }])),
    has: (party) => ids.has(party),
    async assume({ em, now }, hotel) {
      const ofHotel = (one: { hotel: string }) => one.hotel === hotel
      const stored = <Row extends { hotel: string; delete_time: Date | null }>({
        hotel,
        delete_time,
        ...row
      }: Row) => ({
        ...{ ...row, hotel_id: hotel, delete_time: delete_time && now, version: 1, generation: 0 },
      })
      await insertAssumed(em, 'location', locations.filter(ofHotel).map(stored))
      await insertAssumed(em, 'guest', guests.filter(ofHotel).map(stored))
      const here = rooms.filter(ofHotel)
      const located = here.map(stored).map(({ location, ...room }) => ({ ...room, location_id: location }))
      await insertAssumed(em, 'room', located)
      await demandLocations(em, hotel, new Set(here.map(({ location }) => location)))
    },
  }
}

async function insertAssumed(em: EntityManager, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const columns = Object.keys(first).join(', ')
  await query(
    em,
    `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1::json)
     on conflict do nothing`,
    [JSON.stringify(rows)],
  )
}

async function demandLocations(em: EntityManager, hotel: string, locations: ReadonlySet<string>): Promise<void> {
  const found = await query(em, 'select from location where hotel_id = $1 and id = any($2)', [hotel, [...locations]])
  if (found.length < locations.size)
    throw invalidFields([
      { field: 'assumed', description: 'has a room of a location that does not exist: add the location too' },
    ])
}

import type { Employee as EmployeeMessage } from '@hotel/proto/hotel/rooms/v1/employees'
import type { Hotel as HotelMessage } from '@hotel/proto/hotel/rooms/v1/hotels'
import type { Location as LocationMessage } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomType as RoomTypeMessage } from '@hotel/proto/hotel/rooms/v1/room_types'
import type { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import { demandEveryHotel, HOTEL_REQUIRED, hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor, type MikroORM } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/resource/id'
import { invalidFields, type Refusal } from '@hotel/runtime/resource/refusal'
import { id, optional, valid } from '@hotel/runtime/resource/valid'
import type { Write, Writer } from '@hotel/runtime/resource/write'
import { type Exported, exportEntities } from '@hotel/runtime/transfer/export-rows'
import { type ImportPlan, importFields, importRows } from '@hotel/runtime/transfer/import-rows'
import { type ImportRow, insertRows } from '@hotel/runtime/transfer/stored-rows'
import type { Transfer, Transfers } from '@hotel/runtime/transfer/transfer'
import { EMPLOYEE_SIZE, Employee, emailTaken, employeeFields } from './employee.ts'
import { HOTEL_SIZE, Hotel, hotelFields } from './hotel.ts'
import { danglingReferences, hotelsById, unknown } from './imported.ts'
import { LOCATION_SIZE, Location, locationFields } from './location.ts'
import type { Referred } from './references.ts'
import { ROOM_SIZE, Room, roomFields, roomNumberTaken } from './room.ts'
import { ROOM_TYPE_SIZE, RoomType, roomTypeFields, roomTypeNameTaken } from './room-type.ts'
import { timeZonesRule } from './time-zone.ts'

type Entity<Message> = new () => { toProto(): Message }
type Plan<Message> = Omit<ImportPlan<Message, ImportRow>, 'store'> & {
  /** Columns that name other resources, as `location` for location_id. */
  readonly references: readonly Referred[]
  /** Of a row that a unique index forbids. */
  taken(row: ImportRow): Refusal
}

/** The database, and connections to it on which exports take their time. */
type Deps = { orm: MikroORM; exportsFrom: MikroORM; writer: Writer }

/** Whatever this service owns, in bulk. */
export function roomTransfers({ orm, exportsFrom, writer }: Deps): Transfers {
  const transfer = <Message>(
    exported: Exported,
    entity: Entity<Message>,
    plan: (messages: Message[], em: EntityManager) => Plan<Message> | Promise<Plan<Message>>,
  ): Transfer<Message> => ({
    async import(messages, call, turn) {
      const made = await plan(messages, forkFor(orm, call.signal))
      return importRows(writer, { ...made, store: (write, rows) => store(write, made, rows) }, messages, call, turn)
    },
    export: (call) => exportEntities(exportsFrom, call.signal, exported, entity),
  })
  return {
    hotels: transfer({ table: 'hotel', bytes: HOTEL_SIZE.bytes }, Hotel, hotelPlan),
    locations: transfer({ table: 'location', bytes: LOCATION_SIZE.bytes }, Location, locationPlan),
    room_types: transfer({ table: 'room_type', bytes: ROOM_TYPE_SIZE.bytes }, RoomType, roomTypePlan),
    rooms: transfer({ table: 'room', bytes: ROOM_SIZE.bytes }, Room, roomPlan),
    employees: transfer({ table: 'employee', bytes: EMPLOYEE_SIZE.bytes }, Employee, employeePlan),
  }
}

async function store<Message>(write: Write, plan: Plan<Message>, rows: readonly ImportRow[]) {
  const refusals = await danglingReferences(write.em, rows, plan.references)
  const sound = rows.filter((row) => !refusals.has(row))
  for (const row of await insertRows(write, plan.table, sound)) refusals.set(row, plan.taken(row))
  return refusals
}

function hotelPlan(): Plan<HotelMessage> {
  demandEveryHotel()
  return {
    table: 'hotel',
    references: [],
    hotels: async (hotels) => hotels.map((hotel) => hotel.id),
    row: (hotel) => ({ hotel_id: hotel.id, ...valid(hotel, { ...importFields, ...hotelFields }) }),
    scope: (hotel) => ({ hotel: DEFAULT_HOTEL, creates: hotel }),
    taken: impossible,
    givesWay: ({ id, version }) => id === DEFAULT_HOTEL && version === 1,
  }
}

async function locationPlan(locations: LocationMessage[], em: EntityManager): Promise<Plan<LocationMessage>> {
  const zone = await timeZonesRule(
    em,
    locations.map(({ time_zone }) => time_zone),
  )
  return {
    table: 'location',
    references: ['hotel'],
    hotels: () => hotelsOf(em, locations),
    row: (location, hotel) => ({
      hotel_id: hotel,
      ...valid(location, { ...importFields, ...locationFields(zone) }),
    }),
    taken: impossible,
    givesWay: ({ id, version }) => id === DEFAULT_LOCATION && version === 1,
  }
}

function roomTypePlan(types: RoomTypeMessage[], em: EntityManager): Plan<RoomTypeMessage> {
  return {
    table: 'room_type',
    references: ['hotel'],
    hotels: () => hotelsOf(em, types),
    row: (type, hotel) => ({ hotel_id: hotel, ...valid(type, { ...importFields, ...roomTypeFields }) }),
    taken: (row) => roomTypeNameTaken(String(row.name), row.hotel_id),
  }
}

function roomPlan(rooms: RoomMessage[], em: EntityManager): Plan<RoomMessage> {
  return {
    table: 'room',
    references: ['location', 'room_type'],
    hotels: () => hotelsOfLocations(em, rooms),
    row: (room, hotel) => {
      const { room_type, ...fields } = valid(room, { ...importFields, ...roomFields(id), room_type: optional(id) })
      return { hotel_id: hotel, location_id: locationOf(room), room_type_id: room_type, ...fields }
    },
    taken: (row) => roomNumberTaken(String(row.number), String(row.location_id)),
  }
}

function employeePlan(employees: EmployeeMessage[], em: EntityManager): Plan<EmployeeMessage> {
  return {
    table: 'employee',
    references: ['location'],
    hotels: () => hotelsOfLocations(em, employees),
    row: (employee, hotel) => {
      const { location, ...fields } = valid(
        { ...employee, location: locationOf(employee) },
        { ...importFields, ...employeeFields(id) },
      )
      return { hotel_id: hotel, location_id: location, ...fields }
    },
    taken: (row) => emailTaken(String(row.email), row.hotel_id),
  }
}

/** Of resources that name their hotel, or leave it to the token. */
async function hotelsOf(em: EntityManager, messages: readonly { hotel: string }[]): Promise<(string | Refusal)[]> {
  const named = messages.map(({ hotel }) => (hotel === '' ? hotelUnlessNamed() : hotel))
  const known = await hotelsById(
    em,
    'hotel',
    named.filter((hotel) => hotel !== undefined),
  )
  return named.map((hotel) =>
    hotel === undefined
      ? invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
      : (known.get(hotel) ?? unknown('hotel')),
  )
}

type Located = { hotel: string; location: string }

/** The location of a resource that may name none: only the default hotel has one for those. */
function locationOf({ hotel, location }: Located): string {
  return location === '' && (hotel === '' || hotel === DEFAULT_HOTEL) ? DEFAULT_LOCATION : location
}

/** Of resources that name their location; a hotel that they name besides must be the location's. */
async function hotelsOfLocations(em: EntityManager, messages: readonly Located[]): Promise<(string | Refusal)[]> {
  const known = await hotelsById(em, 'location', messages.map(locationOf))
  return messages.map((message) => {
    const hotel = known.get(locationOf(message))
    if (hotel === undefined) return unknown('location')
    if (message.hotel === '' || message.hotel === hotel) return hotel
    return invalidFields([{ field: 'hotel', description: 'is not the hotel of the location: leave it out' }])
  })
}

function impossible(): never {
  throw new Error('a row was not inserted, though no unique index is there to forbid it')
}

import type { Employee as EmployeeMessage } from '@hotel/proto/hotel/rooms/v1/employees'
import type { Hotel as HotelMessage } from '@hotel/proto/hotel/rooms/v1/hotels'
import type { Location as LocationMessage } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomType as RoomTypeMessage } from '@hotel/proto/hotel/rooms/v1/room_types'
import type { Room as RoomMessage } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { demandEveryHotel } from '@hotel/runtime/access/hotels'
import { id, optional, valid } from '@hotel/runtime/call/valid'
import { forkFor, type MikroORM } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import type { Refusal } from '@hotel/runtime/errors/refusal'
import type { Write, Writer } from '@hotel/runtime/resource/write'
import { type Exported, exportEntities } from '@hotel/runtime/transfer/export-rows'
import { type ImportPlan, importFields, importRows } from '@hotel/runtime/transfer/import-rows'
import { type ImportRow, insertRows } from '@hotel/runtime/transfer/stored-rows'
import type { Transfer, Transfers } from '@hotel/runtime/transfer/transfer'
import { EMPLOYEE_SIZE, Employee, emailTaken, employeeFields } from '../employee/employee.ts'
import { HOTEL_SIZE, Hotel, hotelFields } from '../hotel/hotel.ts'
import { LOCATION_SIZE, Location, locationFields } from '../location/location.ts'
import { timeZonesRule } from '../location/time-zone.ts'
import { ROOM_SIZE, Room, roomFields, roomNumberTaken } from '../room/room.ts'
import { ROOM_TYPE_SIZE, RoomType, roomTypeFields, roomTypeNameTaken } from '../room-type/room-type.ts'
import type { Referred } from '../shared/references.ts'
import { danglingReferences, hotelsOf, hotelsOfLocations, type Known, locationOf } from './imported.ts'

type Entity<Message> = new () => { toProto(): Message }
type Plan<Message> = Omit<ImportPlan<Message, ImportRow>, 'store'> & {
  /** Columns that name other resources, as `location` for location_id. */
  readonly references: readonly Referred[]
  /** Of a row that a unique index forbids. */
  taken(row: ImportRow): Refusal
}

/** The database, and connections to it on which exports take their time. */
type Deps = { orm: MikroORM; exportsFrom: MikroORM; writer: Writer }

/** Bulk import and export of the resources that this service owns. */
export function roomTransfers({ orm, exportsFrom, writer }: Deps): Transfers {
  const transfer = <Message>(
    exported: Exported,
    entity: Entity<Message>,
    plan: (messages: Message[], known: Known) => Plan<Message> | Promise<Plan<Message>>,
  ): Transfer<Message> => ({
    async import(messages, importing) {
      const { assumed } = importing
      const known: Known = { em: forkFor(orm, importing.call.signal), assumed }
      const made = await plan(messages, known)
      return importRows(
        writer,
        {
          ...made,
          store: (write, rows) => store(write, made, rows),
          ...(assumed !== undefined && { assume: await assuming(assumed, known) }),
        },
        messages,
        importing,
      )
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

/** How what is assumed of a hotel is stored, what others refer to first. */
async function assuming({ hotels, locations, room_types }: Batch, known: Known) {
  if (hotels.length > 0) demandEveryHotel()
  const location = await locationPlan(locations, known)
  const type = roomTypePlan(room_types, known)
  return async (write: Write, hotel: string) => {
    const ofHotel = (message: { hotel: string }) => message.hotel === hotel
    const made = hotels.filter(({ id }) => id === hotel)
    await insertRows(write, 'hotel', made.map(hotelRow))
    const places = locations.filter(ofHotel).map((one) => location.row(one, hotel))
    await insertRows(write, 'location', places)
    const types = room_types.filter(ofHotel).map((one) => type.row(one, hotel))
    await insertRows(write, 'room_type', types)
  }
}

function hotelPlan(): Plan<HotelMessage> {
  demandEveryHotel()
  return {
    table: 'hotel',
    references: [],
    hotels: async (hotels) => hotels.map((hotel) => hotel.id),
    row: hotelRow,
    scope: (hotel) => ({ hotel: DEFAULT_HOTEL, creates: hotel }),
    taken: impossible,
    givesWay: ({ id, version }) => id === DEFAULT_HOTEL && version === 1,
  }
}

function hotelRow(hotel: HotelMessage): ImportRow {
  return { hotel_id: hotel.id, ...valid(hotel, { ...importFields, ...hotelFields }) }
}

async function locationPlan(locations: LocationMessage[], known: Known): Promise<Plan<LocationMessage>> {
  const zone = await timeZonesRule(
    known.em,
    locations.map(({ time_zone }) => time_zone),
  )
  return {
    table: 'location',
    references: ['hotel'],
    hotels: () => hotelsOf(known, locations),
    row: (location, hotel) => ({
      hotel_id: hotel,
      ...valid(location, { ...importFields, ...locationFields(zone) }),
    }),
    taken: impossible,
    givesWay: ({ id, version }) => id === DEFAULT_LOCATION && version === 1,
  }
}

function roomTypePlan(types: RoomTypeMessage[], known: Known): Plan<RoomTypeMessage> {
  return {
    table: 'room_type',
    references: ['hotel'],
    hotels: () => hotelsOf(known, types),
    row: (type, hotel) => ({ hotel_id: hotel, ...valid(type, { ...importFields, ...roomTypeFields }) }),
    taken: (row) => roomTypeNameTaken(String(row.name), row.hotel_id),
  }
}

function roomPlan(rooms: RoomMessage[], known: Known): Plan<RoomMessage> {
  return {
    table: 'room',
    references: ['location', 'room_type'],
    hotels: () => hotelsOfLocations(known, rooms),
    row: (room, hotel) => {
      const { room_type, ...fields } = valid(room, { ...importFields, ...roomFields(id), room_type: optional(id) })
      return { hotel_id: hotel, location_id: locationOf(room), room_type_id: room_type, ...fields }
    },
    taken: (row) => roomNumberTaken(String(row.number), String(row.location_id)),
  }
}

function employeePlan(employees: EmployeeMessage[], known: Known): Plan<EmployeeMessage> {
  return {
    table: 'employee',
    references: ['location'],
    hotels: () => hotelsOfLocations(known, employees),
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

function impossible(): never {
  throw new Error('a row was not inserted, though no unique index is there to forbid it')
}

import { Employee_Role as Role } from '@hotel/proto/hotel/rooms/v1/employees'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually, freshNumber } from '../support/hotel.ts'
import { refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

let made = 0
const newHotel = async () => (await suite.hotels.createHotel({ name: `Hotel ${++made}` })).id
const newLocation = async (hotel: string) =>
  (await suite.locations.createLocation({ hotel, name: `Location ${++made}`, time_zone: 'UTC' })).id
const newType = async (hotel: string) => (await suite.roomTypes.createRoomType({ hotel, name: `Type ${++made}` })).id
const newRoom = async (location: string, room_type?: string) =>
  (await suite.rooms.createRoom({ number: freshNumber(), location, ...(room_type && { room_type }) })).id
const newEmployee = async (location: string) =>
  (
    await suite.employees.createEmployee({
      first_name: 'Bo',
      email: `bo-${++made}@example.org`,
      role: Role.MANAGER,
      location,
    })
  ).id
const remove = (path: string) => suite.rest('DELETE', path)
const restore = (path: string) => suite.rest('POST', `${path}:undelete`)

/** What a refusal of a resource in use says. */
function uses({ status, json }: RestAnswer) {
  const [{ reason, metadata }, { violations }] = json.details
  return { status, reason, metadata, subjects: violations.map(({ subject }: { subject: string }) => subject) }
}

describe('a hotel', () => {
  test('in use by locations, rooms, room types and employees is not deleted; emptied it is, and comes back', async () => {
    const hotel = await newHotel()
    const path = `/hotels/${hotel}`
    const location = await newLocation(hotel)
    const room_type = await newType(hotel)
    const rooms = [await newRoom(location, room_type), await newRoom(location)].sort()
    const employee = await newEmployee(location)
    const before = (await suite.rest('GET', path)).json
    expect(uses(await remove(path))).toEqual({
      status: 400,
      reason: 'RESOURCE_IN_USE',
      metadata: {
        resource: 'hotel',
        id: hotel,
        used_by: 'locations,rooms,room_types,employees',
        locations: location,
        rooms: rooms.join(','),
        room_types: room_type,
        employees: employee,
      },
      subjects: [`locations/${location}`, `rooms/${rooms[0]}`, `room_types/${room_type}`, `employees/${employee}`],
    })
    expect((await suite.rest('GET', path)).json).toEqual(before)

    for (const room of rooms) expect((await remove(`/rooms/${room}`)).status).toBe(200)
    for (const used of [`/employees/${employee}`, `/room_types/${room_type}`]) {
      expect((await remove(used)).status).toBe(200)
    }
    expect(uses(await remove(path)).metadata).toEqual({
      resource: 'hotel',
      id: hotel,
      used_by: 'locations',
      locations: location,
    })
    expect((await remove(`/locations/${location}`)).status).toBe(200)

    const deleted = await remove(path)
    expect(deleted).toMatchObject({ status: 200, json: { id: hotel, delete_time: expect.any(String) } })
    expect((await suite.rest('GET', path)).json).toEqual(deleted.json)
    for (const answer of [await remove(path), await suite.rest('PATCH', path, { body: { name: 'X' } })]) {
      expect(refusal(answer)).toEqual([404, 'RESOURCE_NOT_FOUND'])
    }
    const ids = async (show_deleted: boolean) =>
      (await suite.hotels.listHotels({ show_deleted, page_size: 500 })).hotels.map(({ id }) => id)
    expect([(await ids(false)).includes(hotel), (await ids(true)).includes(hotel)]).toEqual([false, true])

    expect(refusal(await restore(`/locations/${location}`))).toEqual([400, 'DEPENDENCY_DELETED'])
    expect(refusal(await restore(`/room_types/${room_type}`))).toEqual([400, 'DEPENDENCY_DELETED'])
    const restored = await restore(path)
    expect(restored.json).toEqual({ ...before, etag: '"3"', update_time: restored.json.update_time })
    expect(refusal(await restore(path))).toEqual([400, 'ALREADY_LIVE'])
  })

  test('deleted takes no location, room type, employee or guest', async () => {
    const [hotel, seen] = [await newHotel(), await newHotel()]
    await suite.guests.createGuest({ hotel: seen, first_name: 'Ada' })
    for (const id of [hotel, seen]) await suite.hotels.deleteHotel({ id })
    const refused = (call: Promise<unknown>) =>
      expect(call).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'hotel' })
    await refused(suite.locations.createLocation({ hotel, name: 'X', time_zone: 'UTC' }))
    await refused(suite.roomTypes.createRoomType({ hotel, name: 'X' }))
    await refused(suite.guests.createGuest({ hotel, first_name: 'Ada' }))
    const employee = { first_name: 'X', email: 'x@example.org', role: Role.MANAGER }
    await expect(suite.employees.createEmployee({ hotel, ...employee })).rejects.toRefuse(
      Status.INVALID_ARGUMENT,
      'INVALID_FIELD',
    )
    // What the guests service was told of a hotel is good for half a minute.
    await suite.guests.createGuest({ hotel: seen, first_name: 'Late' })
    await suite.sql('guests', `update known_hotel set confirm_time = '-infinity'`)
    await refused(suite.guests.createGuest({ hotel: seen, first_name: 'Later' }))
    await suite.hotels.undeleteHotel({ id: seen })
    await suite.guests.createGuest({ hotel: seen, first_name: 'Again' })
  })

  test('known to the guests service takes guests while the rooms service is down', async () => {
    const hotel = await newHotel()
    await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    await suite.sql('guests', `update known_hotel set confirm_time = '-infinity'`)
    await suite.stack.services.rooms.kill()
    await suite.guests.createGuest({ hotel, first_name: 'Bo' })
    const unseen = suite.guests.createGuest({ hotel: '01890000-0000-7000-8000-000000000000', first_name: 'Cy' })
    await expect(unseen).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', { peer: 'rooms' })
    await suite.stack.services.rooms.start()
    await eventually(() => suite.rooms.listRooms({}))
  })
})

describe('a location', () => {
  test('in use by rooms and employees is not deleted; up to 20 are named', async () => {
    const location = await newLocation(DEFAULT_HOTEL)
    const path = `/locations/${location}`
    const rooms = []
    for (let n = 0; n < 22; n++) rooms.push(await newRoom(location))
    const employee = await newEmployee(location)
    const refused = await remove(path)
    const { metadata } = uses(refused)
    expect(metadata).toMatchObject({ used_by: 'rooms,employees', employees: employee })
    expect(metadata.rooms.split(',')).toEqual(rooms.sort().slice(0, 20))
    expect(refused.json.details[1].violations[0].description).toContain('22')

    for (const id of rooms) await suite.rooms.deleteRoom({ id })
    await suite.employees.updateEmployee({ id: employee, location: DEFAULT_LOCATION })
    expect((await remove(path)).status).toBe(200)
    expect(refusal(await restore(`/rooms/${rooms[0]}`))).toEqual([400, 'DEPENDENCY_DELETED'])
    for (const body of [
      { path: '/rooms', body: { number: freshNumber(), location } },
      { path: '/employees', body: { first_name: 'X', email: 'y@example.org', role: 'MANAGER', location } },
    ]) {
      expect(refusal(await suite.rest('POST', body.path, { body: body.body }))).toEqual([
        400,
        'INVALID_FIELD',
        'location',
      ])
    }
    expect((await restore(path)).status).toBe(200)
    expect((await restore(`/rooms/${rooms[0]}`)).status).toBe(200)
  })

  test('against the creation of a room there, 30 rounds: never both, never neither', async () => {
    for (let round = 0; round < 30; round++) {
      const location = await newLocation(DEFAULT_HOTEL)
      const results = await Promise.allSettled([newRoom(location), suite.locations.deleteLocation({ id: location })])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    }
  })
})

describe('a room type', () => {
  test('in use by a live room is not deleted; a retired room of it is not restored before it', async () => {
    const room_type = await newType(DEFAULT_HOTEL)
    const path = `/room_types/${room_type}`
    const room = await newRoom(DEFAULT_LOCATION, room_type)
    expect(uses(await remove(path)).metadata).toEqual({
      resource: 'room_type',
      id: room_type,
      used_by: 'rooms',
      rooms: room,
    })
    await suite.rooms.deleteRoom({ id: room })
    expect((await remove(path)).status).toBe(200)
    const refused = await restore(`/rooms/${room}`)
    expect(refusal(refused)).toEqual([400, 'DEPENDENCY_DELETED'])
    expect(refused.json.details[0].metadata).toEqual({ resource: 'room_type', id: room_type })
    expect((await restore(path)).status).toBe(200)
    expect((await restore(`/rooms/${room}`)).json).toMatchObject({ room_type })
  })

  test('against a room that becomes of the type, 30 rounds: never both, never neither', async () => {
    const room = await newRoom(DEFAULT_LOCATION)
    for (let round = 0; round < 30; round++) {
      const room_type = await newType(DEFAULT_HOTEL)
      const results = await Promise.allSettled([
        suite.rooms.updateRoom({ id: room, room_type }),
        suite.roomTypes.deleteRoomType({ id: room_type }),
      ])
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    }
  })
})

test.each([
  ['hotel', `/hotels/${DEFAULT_HOTEL}`, DEFAULT_HOTEL],
  ['location', `/locations/${DEFAULT_LOCATION}`, DEFAULT_LOCATION],
])('the default %s is never deleted', async (resource, path, id) => {
  const answer = await remove(path)
  expect(refusal(answer)).toEqual([400, 'DEFAULT_RESOURCE'])
  expect(answer.json.details[0].metadata).toEqual({ resource, id })
})

test('deletions and restorings are repeated safely by their idempotency keys, and demand the etag', async () => {
  const hotel = await newHotel()
  const location = await newLocation(hotel)
  await expect(suite.locations.deleteLocation({ id: location, etag: '"7"' })).rejects.toRefuse(
    Status.ABORTED,
    'ETAG_MISMATCH',
    { etag: '"1"' },
  )
  const twice = async (key: string, write: (options: { metadata: Metadata }) => Promise<unknown>) => {
    const options = { metadata: Metadata({ 'idempotency-key': key }) }
    expect(await write(options)).toEqual(await write(options))
  }
  await twice('d1', (options) => suite.locations.deleteLocation({ id: location, etag: '"1"' }, options))
  await twice('d2', (options) => suite.hotels.deleteHotel({ id: hotel, etag: '"1"' }, options))
  await twice('d3', (options) => suite.hotels.undeleteHotel({ id: hotel, etag: '"2"' }, options))
  await twice('d4', (options) => suite.locations.undeleteLocation({ id: location, etag: '"2"' }, options))
})

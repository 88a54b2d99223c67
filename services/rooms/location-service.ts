import type { LocationServiceImplementation } from '@hotel/proto/hotel/rooms/v1/locations'
import { created, withEtag } from '@hotel/runtime/answer'
import { type EntityManager, forkFor, query } from '@hotel/runtime/database'
import { matchEtag } from '@hotel/runtime/etag'
import { DEFAULT_HOTEL, isId } from '@hotel/runtime/id'
import { demandUnchanged, notFound } from '@hotel/runtime/refusal'
import { Invalid, valid, validChanges } from '@hotel/runtime/valid'
import { change, newborn, type Write } from '@hotel/runtime/write'
import { type Deps, hotelExists } from './hotel-service.ts'
import { Location, locationData, locationFields } from './location.ts'
import { listLocations } from './location-list.ts'
import { timeZoneRule } from './time-zone.ts'

/** The methods of LocationService; the proto's comments say what each promises. */
export function locationService({ orm, writer: { write }, page }: Deps): LocationServiceImplementation {
  return {
    async createLocation(request, call) {
      const hotel = request.hotel === '' ? DEFAULT_HOTEL : request.hotel
      const em = forkFor(orm, call.signal)
      const hotelIsThere = await hotelExists(em, hotel)
      const { hotel: _, ...fields } = valid(request, {
        ...locationFields(await timeZoneRule(em, request.time_zone)),
        hotel: () => {
          if (!hotelIsThere) throw new Invalid('no hotel has this id')
          return hotel
        },
      })
      const location = await write(call, 'CreateLocation', request, { hotel }, async (written) => {
        const location = written.em.create(Location, {
          ...locationData(fields),
          name: fields.name,
          timeZone: fields.time_zone,
          hotelId: hotel,
          ...newborn(written),
        })
        return () => location.toProto()
      })
      return created(call, '/locations', location)
    },

    async getLocation({ id }, call) {
      const em = forkFor(orm, call.signal)
      const location = await find(em, await demandHotelOf(em, id), id)
      return withEtag(call, location.toProto())
    },

    listLocations: (request, call) => listLocations(forkFor(orm, call.signal), page('ListLocations', request), request),

    async updateLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const scope = { hotel: await demandHotelOf(em, request.id) }
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      const location = await write(call, 'UpdateLocation', request, scope, async (written) => {
        const location = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, location.version)
        const fields = validChanges(request, rules, ['hotel'])
        demandUnchanged('hotel', request.hotel, location.hotelId)
        change(location, locationData(fields), written)
        return () => location.toProto()
      })
      return withEtag(call, location)
    },

    async replaceLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const scope = { hotel: await demandHotelOf(em, request.id) }
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      const location = await write(call, 'ReplaceLocation', request, scope, async (written) => {
        const location = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, location.version)
        const fields = valid(request, rules)
        demandUnchanged('hotel', request.hotel, location.hotelId)
        change(location, locationData(fields), written)
        return () => location.toProto()
      })
      return withEtag(call, location)
    },
  }
}

/** The hotel of a location by id alone: the one look-up that does not know the hotel. Undefined when there is none. */
export async function hotelOfLocation(em: EntityManager, id: string): Promise<string | undefined> {
  if (!isId(id)) return undefined
  const [row] = await query<{ hotel_id: string }>(em, 'select hotel_id from location where id = $1', [id])
  return row?.hotel_id
}

async function demandHotelOf(em: EntityManager, id: string): Promise<string> {
  const hotel = await hotelOfLocation(em, id)
  if (hotel === undefined) throw notFound('location', id)
  return hotel
}

function find(em: EntityManager, hotelId: string, id: string): Promise<Location> {
  return em.findOneOrFail(Location, { hotelId, id })
}

async function findToWrite({ em }: Write, hotelId: string, id: string): Promise<Location> {
  const location = await find(em, hotelId, id)
  if (location.deleteTime !== null) throw notFound('location', id)
  return location
}

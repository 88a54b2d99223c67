import type { LocationServiceImplementation } from '@hotel/proto/hotel/rooms/v1/locations'
import { hotelOf, hotelUnlessNamed, knownHotelOf } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { DEFAULT_LOCATION } from '@hotel/runtime/resource/id'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Write } from '@hotel/runtime/resource/write'
import type { Deps } from './hotel-service.ts'
import { demandNotDefault, demandUnused } from './in-use.ts'
import { Location, locationData, locationFields, locationRow } from './location.ts'
import { listLocations } from './location-list.ts'
import { demandLive, liveRule, unknownRule } from './references.ts'
import { timeZoneRule } from './time-zone.ts'

/** The methods of LocationService; the proto's comments say what each promises. */
export function locationService({ orm, read, writer: { write }, page, watch }: Deps): LocationServiceImplementation {
  return {
    async createLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const hotel = await knownHotelOf(em, 'hotel', request.hotel || hotelUnlessNamed())
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      if (hotel === undefined) return valid(request, { ...rules, hotel: unknownRule('hotel') }).hotel
      const location = await write(call, 'CreateLocation', request, { hotel }, async (written) => {
        const { hotel: _, ...fields } = valid(request, {
          ...rules,
          hotel: await liveRule(written.em, hotel, 'hotel', hotel),
        })
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

    getLocation: getMethod(read, 'location', locationRow),

    listLocations: (request, call) => listLocations(forkFor(orm, call.signal), page('ListLocations', request), request),

    async updateLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const scope = { hotel: await hotelOf(em, 'location', request.id) }
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      const fields = validChanges(request, rules, ['hotel'])
      const location = await write(call, 'UpdateLocation', request, scope, async (written) => {
        const location = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, location.version)
        demandUnchanged('hotel', request.hotel, location.hotelId)
        change(location, locationData(fields), written)
        return () => location.toProto()
      })
      return withEtag(call, location)
    },

    async replaceLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const scope = { hotel: await hotelOf(em, 'location', request.id) }
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      const fields = valid(request, rules)
      const location = await write(call, 'ReplaceLocation', request, scope, async (written) => {
        const location = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, location.version)
        demandUnchanged('hotel', request.hotel, location.hotelId)
        change(location, locationData(fields), written)
        return () => location.toProto()
      })
      return withEtag(call, location)
    },

    async deleteLocation(request, call) {
      const scope = { hotel: await hotelOf(forkFor(orm, call.signal), 'location', request.id) }
      const location = await write(call, 'DeleteLocation', request, scope, async (written) => {
        const location = await findToWrite(written, scope.hotel, request.id)
        matchEtag(call, request, location.version)
        demandNotDefault('location', location.id, DEFAULT_LOCATION)
        await demandUnused(written.em, 'location', scope.hotel, location.id)
        change<Location>(location, { deleteTime: written.now }, written)
        return () => location.toProto()
      })
      return withEtag(call, location)
    },

    async undeleteLocation(request, call) {
      const scope = { hotel: await hotelOf(forkFor(orm, call.signal), 'location', request.id) }
      const location = await write(call, 'UndeleteLocation', request, scope, async (written) => {
        const location = await find(written.em, scope.hotel, request.id)
        matchEtag(call, request, location.version)
        if (location.deleteTime === null) throw precondition('ALREADY_LIVE', 'the location is not deleted')
        await demandLive(written.em, scope.hotel, 'hotel', scope.hotel)
        change<Location>(location, { deleteTime: null }, written)
        return () => location.toProto()
      })
      return withEtag(call, location)
    },

    watchLocations: (request, call) => watch(call, request, 'location'),
  }
}

function find(em: EntityManager, hotelId: string, id: string): Promise<Location> {
  return em.findOneOrFail(Location, { hotelId, id })
}

async function findToWrite({ em }: Write, hotelId: string, id: string): Promise<Location> {
  const location = await find(em, hotelId, id)
  if (location.deleteTime !== null) throw notFound('location', id)
  return location
}

import type { LocationServiceImplementation } from '@hotel/proto/hotel/rooms/v1/locations'
import { hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { type EntityManager, forkFor } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { DEFAULT_LOCATION } from '@hotel/runtime/resource/id'
import { demandUnchanged, notFound, precondition } from '@hotel/runtime/resource/refusal'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn } from '@hotel/runtime/resource/write'
import type { Deps } from './hotel-service.ts'
import { demandNotDefault, demandUnused, usesOf } from './in-use.ts'
import { Location, locationData, locationFields, locationRow } from './location.ts'
import { listLocations } from './location-list.ts'
import { demandLive, hotelAsOwner, liveRule, unknownRule } from './references.ts'
import { timeZoneRule } from './time-zone.ts'

/** The methods of LocationService; the proto's comments say what each promises. */
export function locationService({
  orm,
  read,
  writer: { write, hotels },
  page,
  watch,
}: Deps): LocationServiceImplementation {
  return {
    async createLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const hotel = await hotels.known('hotel', request.hotel || hotelUnlessNamed(), call.signal)
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      if (hotel === undefined) return valid(request, { ...rules, hotel: unknownRule('hotel') }).hotel
      const location = await write(
        call,
        'CreateLocation',
        request,
        { hotel },
        {
          load: (em) => liveRule(em, hotel, 'hotel', hotel),
          apply(written, rule) {
            const { hotel: _, ...fields } = valid(request, { ...rules, hotel: rule })
            const location = written.em.create(Location, {
              ...locationData(fields),
              name: fields.name,
              timeZone: fields.time_zone,
              hotelId: hotel,
              ...newborn(written),
            })
            return () => location.toProto()
          },
        },
      )
      return created(call, '/locations', location)
    },

    getLocation: getMethod(read, 'location', locationRow),

    listLocations: (request, call) => listLocations(read, page('ListLocations', request), request, call.signal),

    async updateLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const scope = { hotel: await hotels.demand('location', request.id, call.signal) }
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      const fields = validChanges(request, rules, ['hotel'])
      const location = await write(call, 'UpdateLocation', request, scope, {
        load: (em) => findLive(em, scope.hotel, request.id),
        apply(written, location) {
          matchEtag(call, request, location.version)
          demandUnchanged('hotel', request.hotel, location.hotelId)
          change(location, locationData(fields), written)
          return () => location.toProto()
        },
      })
      return withEtag(call, location)
    },

    async replaceLocation(request, call) {
      const em = forkFor(orm, call.signal)
      const scope = { hotel: await hotels.demand('location', request.id, call.signal) }
      const rules = locationFields(await timeZoneRule(em, request.time_zone))
      const fields = valid(request, rules)
      const location = await write(call, 'ReplaceLocation', request, scope, {
        load: (em) => findLive(em, scope.hotel, request.id),
        apply(written, location) {
          matchEtag(call, request, location.version)
          demandUnchanged('hotel', request.hotel, location.hotelId)
          change(location, locationData(fields), written)
          return () => location.toProto()
        },
      })
      return withEtag(call, location)
    },

    async deleteLocation(request, call) {
      const scope = { hotel: await hotels.demand('location', request.id, call.signal) }
      const location = await write(call, 'DeleteLocation', request, scope, {
        load: (em) =>
          Promise.all([findLive(em, scope.hotel, request.id), usesOf(em, 'location', scope.hotel, request.id)]),
        apply(written, [location, uses]) {
          matchEtag(call, request, location.version)
          demandNotDefault('location', location.id, DEFAULT_LOCATION)
          demandUnused('location', location.id, uses)
          change<Location>(location, { deleteTime: written.now }, written)
          return () => location.toProto()
        },
      })
      return withEtag(call, location)
    },

    async undeleteLocation(request, call) {
      const scope = { hotel: await hotels.demand('location', request.id, call.signal) }
      const location = await write(call, 'UndeleteLocation', request, scope, {
        load: (em) => Promise.all([find(em, Location, scope.hotel, request.id), hotelAsOwner(em, scope.hotel)]),
        apply(written, [location, owners]) {
          matchEtag(call, request, location.version)
          if (location.deleteTime === null) throw precondition('ALREADY_LIVE', 'the location is not deleted')
          demandLive(owners)
          change<Location>(location, { deleteTime: null }, written)
          return () => location.toProto()
        },
      })
      return withEtag(call, location)
    },

    watchLocations: (request, call) => watch(call, request, 'location'),
  }
}

async function findLive(em: EntityManager, hotel: string, id: string): Promise<Location> {
  const location = await find(em, Location, hotel, id)
  if (location.deleteTime !== null) throw notFound('location', id)
  return location
}

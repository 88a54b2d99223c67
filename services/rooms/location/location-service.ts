import type {
  LocationServiceImplementation,
  ReplaceLocationRequest,
  UpdateLocationRequest,
} from '@hotel/proto/hotel/rooms/v1/locations'
import { hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { type Parse, valid, validChanges } from '@hotel/runtime/call/valid'
import { forkFor, type MikroORM } from '@hotel/runtime/database/database'
import { DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { demandUnchanged } from '@hotel/runtime/errors/refusal'
import { getMethod } from '@hotel/runtime/read/get'
import { type Changing, changeMethods } from '@hotel/runtime/resource/change-methods'
import { newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Deps } from '../hotel/hotel-service.ts'
import { unused } from '../shared/in-use.ts'
import { hotelIsLive, liveRule, unknownRule } from '../shared/references.ts'
import { Location, locationData, locationFields, locationRow } from './location.ts'
import { listLocations } from './location-list.ts'
import { timeZoneRule } from './time-zone.ts'

/** The methods of LocationService; the proto's comments say what each promises. */
export function locationService({ orm, read, writer, page, watch }: Deps): LocationServiceImplementation {
  const locations = changeMethods(writer, { name: 'location', collection: '/locations', entity: Location })
  return {
    async createLocation(request, call) {
      const hotel = await writer.hotels.known('hotel', request.hotel || hotelUnlessNamed(), call.signal)
      const rules = await rulesOf(orm, request, call.signal)
      if (hotel === undefined) return valid(request, { ...rules, hotel: unknownRule('hotel') }).hotel
      return locations.create(
        call,
        'CreateLocation',
        request,
        { hotel },
        {
          load: (em) => liveRule(em, hotel, 'hotel', hotel),
          make(written, rule) {
            const { hotel: _, ...fields } = valid(request, { ...rules, hotel: rule })
            return written.em.create(Location, {
              ...locationData(fields),
              name: fields.name,
              timeZone: fields.time_zone,
              hotelId: hotel,
              ...newResourceFields(written),
            })
          },
        },
      )
    },

    getLocation: getMethod(read, 'location', locationRow),

    listLocations: (request, call) => listLocations(read, page('ListLocations', request), request, call.signal),

    updateLocation: (request, call) =>
      locations.update(call, 'UpdateLocation', request, async () =>
        changing(request, await rulesOf(orm, request, call.signal), validChanges),
      ),

    replaceLocation: (request, call) =>
      locations.update(call, 'ReplaceLocation', request, async () =>
        changing(request, await rulesOf(orm, request, call.signal), valid),
      ),

    deleteLocation: (request, call) =>
      locations.remove(call, 'DeleteLocation', request, unused('location', DEFAULT_LOCATION)),

    undeleteLocation: (request, call) => locations.undelete(call, 'UndeleteLocation', request, hotelIsLive),

    watchLocations: (request, call) => watch(call, request, 'location'),
  }
}

/** The rules of a request's fields: its time zone is looked up before the write. */
async function rulesOf(orm: MikroORM, { time_zone }: { time_zone?: string | undefined }, signal: AbortSignal) {
  return locationFields(await timeZoneRule(forkFor(orm, signal), time_zone))
}

/** How an update or a replacement changes a location, whose hotel stays. */
function changing(
  request: UpdateLocationRequest | ReplaceLocationRequest,
  rules: ReturnType<typeof locationFields>,
  parse: Parse,
): Changing<Location> {
  const fields = parse(request, rules, ['hotel'])
  return {
    fields(location) {
      demandUnchanged('hotel', request.hotel, location.hotelId)
      return locationData(fields)
    },
  }
}

import { randomUUIDv7 } from 'node:crypto'
import type { HotelServiceImplementation } from '@hotel/proto/hotel/rooms/v1/hotels'
import { demandEveryHotel } from '@hotel/runtime/access/hotels'
import type { Watch } from '@hotel/runtime/changes/watch'
import type { EntityManager, MikroORM } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import type { Read } from '@hotel/runtime/database/read'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import { DEFAULT_HOTEL } from '@hotel/runtime/resource/id'
import type { Pager } from '@hotel/runtime/resource/page'
import { notFound, precondition } from '@hotel/runtime/resource/refusal'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Writer } from '@hotel/runtime/resource/write'
import { Hotel, hotelFields, hotelRow } from './hotel.ts'
import { listHotels } from './hotel-list.ts'
import { demandNotDefault, demandUnused, usesOf } from './in-use.ts'

/** What each service of this process needs: its database, its writes, its pages, its feed. */
export type Deps = { orm: MikroORM; read: Read; writer: Writer; page: Pager; watch: Watch }

/** The methods of HotelService; the proto's comments say what each promises. */
export function hotelService({ read, writer: { write, hotels }, page, watch }: Deps): HotelServiceImplementation {
  return {
    async createHotel(request, call) {
      demandEveryHotel()
      const fields = valid(request, hotelFields)
      const id = randomUUIDv7()
      const scope = { hotel: DEFAULT_HOTEL, creates: id }
      const hotel = await write(call, 'CreateHotel', request, scope, {
        apply(written) {
          const hotel = written.em.create(Hotel, {
            ...fields,
            ...newborn(written),
            hotelId: id,
            id,
          })
          return () => hotel.toProto()
        },
      })
      return created(call, '/hotels', hotel)
    },

    getHotel: getMethod(read, 'hotel', hotelRow, { id: 'hotel_id' }),

    listHotels: (request, call) => listHotels(read, page('ListHotels', request), request, call.signal),

    async updateHotel(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = validChanges(request, hotelFields)
      const hotel = await write(call, 'UpdateHotel', request, scope, {
        load: (em) => findLive(em, request.id),
        apply(written, hotel) {
          matchEtag(call, request, hotel.version)
          change<Hotel>(hotel, fields, written)
          return () => hotel.toProto()
        },
      })
      return withEtag(call, hotel)
    },

    async replaceHotel(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = valid(request, hotelFields)
      const hotel = await write(call, 'ReplaceHotel', request, scope, {
        load: (em) => findLive(em, request.id),
        apply(written, hotel) {
          matchEtag(call, request, hotel.version)
          change(hotel, fields, written)
          return () => hotel.toProto()
        },
      })
      return withEtag(call, hotel)
    },

    async deleteHotel(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const hotel = await write(call, 'DeleteHotel', request, scope, {
        load: (em) => Promise.all([findLive(em, request.id), usesOf(em, 'hotel', request.id, request.id)]),
        apply(written, [hotel, uses]) {
          matchEtag(call, request, hotel.version)
          demandNotDefault('hotel', hotel.id, DEFAULT_HOTEL)
          demandUnused('hotel', hotel.id, uses)
          change<Hotel>(hotel, { deleteTime: written.now }, written)
          return () => hotel.toProto()
        },
      })
      return withEtag(call, hotel)
    },

    async undeleteHotel(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const hotel = await write(call, 'UndeleteHotel', request, scope, {
        load: (em) => find(em, Hotel, request.id, request.id),
        apply(written, hotel) {
          matchEtag(call, request, hotel.version)
          if (hotel.deleteTime === null) throw precondition('ALREADY_LIVE', 'the hotel is not deleted')
          change<Hotel>(hotel, { deleteTime: null }, written)
          return () => hotel.toProto()
        },
      })
      return withEtag(call, hotel)
    },

    watchHotels: (request, call) => watch(call, request, 'hotel'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await hotels.demand('hotel', id, signal) }
  }
}

async function findLive(em: EntityManager, id: string): Promise<Hotel> {
  const hotel = await find(em, Hotel, id, id)
  if (hotel.deleteTime !== null) throw notFound('hotel', id)
  return hotel
}

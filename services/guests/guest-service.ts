import { Guest as GuestMessage, type GuestServiceImplementation } from '@hotel/proto/hotel/guests/v1/guests'
import { HOTEL_REQUIRED, hotelOf, hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import type { Watch } from '@hotel/runtime/changes/watch'
import { type EntityManager, forkFor, type MikroORM } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import type { Read } from '@hotel/runtime/database/read'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import type { Pager } from '@hotel/runtime/resource/page'
import { demandUnchanged, invalidFields, notFound, precondition } from '@hotel/runtime/resource/refusal'
import type { Retirement } from '@hotel/runtime/resource/retirement'
import { beingRetired, takeBack } from '@hotel/runtime/resource/retiring'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Scope, type Writer } from '@hotel/runtime/resource/write'
import { beingErased, type Erasure, hasErasure } from './erasure.ts'
import { changedFields, demandNamed, Guest, guestData, guestFields, guestRow } from './guest.ts'
import { listGuests } from './guest-list.ts'
import type { HotelCountries } from './hotel-countries.ts'
import type { KnownHotels } from './known-hotels.ts'

/** What the service needs: its database, its feed, the peers' answers. */
export type Deps = {
  orm: MikroORM
  read: Read
  writer: Writer
  page: Pager
  watch: Watch
  retirement: Retirement<GuestMessage>
  erasure: Erasure
  hotels: KnownHotels
  countries: HotelCountries
}

/** The methods of GuestService; the proto's comments say what each promises. */
export function guestService({
  orm,
  read,
  writer,
  page,
  watch,
  retirement,
  erasure,
  hotels,
  countries,
}: Deps): GuestServiceImplementation {
  const { write } = writer
  return {
    async createGuest(request, call) {
      const hotel = request.hotel || hotelUnlessNamed()
      if (hotel === undefined) throw invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
      const fields = valid(request, guestFields(request, await countries.of(request.phone, hotel, call.signal)))
      await hotels.demandLive(hotel, call.signal)
      const guest = await write(
        call,
        'CreateGuest',
        request,
        { hotel },
        {
          shares: { kind: 'guest', changes: [] },
          apply(written) {
            const guest = written.em.create(Guest, {
              ...guestData(fields),
              firstName: fields.first_name ?? '',
              hotelId: hotel,
              ...newborn(written),
            })
            return () => guest.toProto()
          },
        },
      )
      return created(call, '/guests', guest)
    },

    getGuest: getMethod(read, 'guest', guestRow),

    listGuests: (request, call) => listGuests(read, page('ListGuests', request), request, call.signal),

    async updateGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const country = await countries.of(request.phone, scope.hotel, call.signal)
      const data = guestData(validChanges(request, changedFields(country), ['hotel']))
      const guest = await write(call, 'UpdateGuest', request, scope, {
        ...one(scope, request),
        apply(written, guest) {
          demandWritable(guest)
          matchEtag(call, request, guest.version)
          demandUnchanged('hotel', request.hotel, guest.hotelId)
          demandNamed(guest, data)
          change(guest, data, written)
          return () => guest.toProto()
        },
      })
      return withEtag(call, guest)
    },

    async replaceGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = valid(request, guestFields(request, await countries.of(request.phone, scope.hotel, call.signal)))
      const guest = await write(call, 'ReplaceGuest', request, scope, {
        ...one(scope, request),
        apply(written, guest) {
          demandWritable(guest)
          matchEtag(call, request, guest.version)
          demandUnchanged('hotel', request.hotel, guest.hotelId)
          change(guest, guestData(fields), written)
          return () => guest.toProto()
        },
      })
      return withEtag(call, guest)
    },

    async deleteGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      return withEtag(call, await retirement.remove(call, 'DeleteGuest', request, scope))
    },

    async undeleteGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const guest = await write(call, 'UndeleteGuest', request, scope, {
        ...one(scope, request),
        async load(em) {
          const [guest, isToBeErased] = await Promise.all([
            find(em, Guest, scope.hotel, request.id),
            hasErasure(em, scope.hotel, request.id),
          ])
          return { guest, isToBeErased }
        },
        apply(written, { guest, isToBeErased }) {
          matchEtag(call, request, guest.version)
          if (guest.eraseTime !== null)
            throw precondition('GUEST_ERASED', "the guest's personal data was erased for good: create another guest")
          if (guest.deleteTime === null) {
            if (guest.retiringTime === null) throw precondition('ALREADY_LIVE', 'the guest is not deleted')
            if (isToBeErased) throw beingErased()
            takeBack(guest, written)
            return () => guest.toProto()
          }
          change(guest, { deleteTime: null }, written)
          return () => guest.toProto()
        },
      })
      return withEtag(call, guest)
    },

    async eraseGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      return withEtag(call, await erasure.erase(call, request, scope))
    },

    async listGuestHistory(request, call) {
      const em = forkFor(orm, call.signal)
      const hotel = await hotelOf(em, 'guest', request.id)
      return listHistory(em, page('ListGuestHistory', request), request, { table: 'guest', hotel, fields: HISTORY })
    },

    watchGuests: (request, call) => watch(call, request, 'guest'),
  }

  async function scopeOf(id: string, signal: AbortSignal) {
    return { hotel: await writer.hotels.demand('guest', id, signal) }
  }
}

const HISTORY = historyFields(GuestMessage.fromPartial({}))

/** A write of one guest, who is looked up under the head. */
function one({ hotel }: Scope, { id }: { id: string }) {
  return { shares: { kind: 'guest', changes: [id] }, load: (em: EntityManager) => find(em, Guest, hotel, id) }
}

/** Throws for a guest who is deleted, or is about to be. */
function demandWritable({ id, deleteTime, retiringTime }: Guest): void {
  if (deleteTime !== null) throw notFound('guest', id)
  if (retiringTime !== null) throw beingRetired('guest')
}

import { Guest as GuestMessage, type GuestServiceImplementation } from '@hotel/proto/hotel/guests/v1/guests'
import { HOTEL_REQUIRED, hotelOf, hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { historyFields, listHistory } from '@hotel/runtime/changes/history'
import type { Watch } from '@hotel/runtime/changes/watch'
import { type EntityManager, forkFor, type MikroORM } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import { created, withEtag } from '@hotel/runtime/resource/answer'
import { matchEtag } from '@hotel/runtime/resource/etag'
import { getMethod } from '@hotel/runtime/resource/get'
import type { Pager } from '@hotel/runtime/resource/page'
import { demandUnchanged, invalidFields, notFound, precondition } from '@hotel/runtime/resource/refusal'
import type { Retirement } from '@hotel/runtime/resource/retirement'
import { beingRetired, takeBack } from '@hotel/runtime/resource/retiring'
import { valid, validChanges } from '@hotel/runtime/resource/valid'
import { change, newborn, type Write, type Writer } from '@hotel/runtime/resource/write'
import { demandNoErasure, type Erasure } from './erasure.ts'
import { Guest, guestData, guestFields, guestRow } from './guest.ts'
import { listGuests } from './guest-list.ts'
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
}: Deps): GuestServiceImplementation {
  const { write } = writer
  return {
    async createGuest(request, call) {
      const hotel = request.hotel || hotelUnlessNamed()
      if (hotel === undefined) throw invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
      const fields = valid(request, guestFields)
      await hotels.demandLive(hotel, call.signal)
      const guest = await write(call, 'CreateGuest', request, { hotel }, async (written) => {
        const guest = written.em.create(Guest, {
          ...guestData(fields),
          firstName: fields.first_name,
          hotelId: hotel,
          ...newborn(written),
        })
        return () => guest.toProto()
      })
      return created(call, '/guests', guest)
    },

    getGuest: getMethod(read, 'guest', guestRow),

    listGuests: (request, call) => listGuests(forkFor(orm, call.signal), page('ListGuests', request), request),

    async updateGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = validChanges(request, guestFields, ['hotel'])
      const guest = await write(call, 'UpdateGuest', request, scope, async (written) => {
        const guest = await findToWrite(written, request.id)
        matchEtag(call, request, guest.version)
        demandUnchanged('hotel', request.hotel, guest.hotelId)
        change(guest, guestData(fields), written)
        return () => guest.toProto()
      })
      return withEtag(call, guest)
    },

    async replaceGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const fields = valid(request, guestFields)
      const guest = await write(call, 'ReplaceGuest', request, scope, async (written) => {
        const guest = await findToWrite(written, request.id)
        matchEtag(call, request, guest.version)
        demandUnchanged('hotel', request.hotel, guest.hotelId)
        change(guest, guestData(fields), written)
        return () => guest.toProto()
      })
      return withEtag(call, guest)
    },

    async deleteGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      return withEtag(call, await retirement.remove(call, 'DeleteGuest', request, scope))
    },

    async undeleteGuest(request, call) {
      const scope = await scopeOf(request.id, call.signal)
      const guest = await write(call, 'UndeleteGuest', request, scope, async (written) => {
        const guest = await find(written.em, scope.hotel, request.id)
        matchEtag(call, request, guest.version)
        if (guest.eraseTime !== null)
          throw precondition('GUEST_ERASED', "the guest's personal data was erased for good: create another guest")
        if (guest.deleteTime === null) {
          if (guest.retiringTime === null) throw precondition('ALREADY_LIVE', 'the guest is not deleted')
          await demandNoErasure(written.em, guest)
          takeBack(guest, written)
          return () => guest.toProto()
        }
        change(guest, { deleteTime: null }, written)
        return () => guest.toProto()
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
    return { hotel: await hotelOf(forkFor(orm, signal), 'guest', id) }
  }
}

const HISTORY = historyFields(GuestMessage.fromPartial({}))

function find(em: EntityManager, hotelId: string, id: string): Promise<Guest> {
  return em.findOneOrFail(Guest, { hotelId, id })
}

/** A live guest whom nothing is about to delete. */
async function findToWrite({ em }: Write, id: string): Promise<Guest> {
  const guest = await find(em, await hotelOf(em, 'guest', id), id)
  if (guest.deleteTime !== null) throw notFound('guest', id)
  if (guest.retiringTime !== null) throw beingRetired('guest')
  return guest
}

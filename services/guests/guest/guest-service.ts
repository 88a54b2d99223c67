import {
  Guest as GuestMessage,
  type GuestServiceImplementation,
  type UpdateGuestRequest,
} from '@hotel/proto/hotel/guests/v1/guests'
import { HOTEL_REQUIRED, hotelUnlessNamed } from '@hotel/runtime/access/hotels'
import { valid, validChanges } from '@hotel/runtime/call/valid'
import { historyMethod } from '@hotel/runtime/changes/history'
import type { Watch } from '@hotel/runtime/changes/watch'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { Read } from '@hotel/runtime/database/read'
import { demandUnchanged, invalidFields, precondition } from '@hotel/runtime/errors/refusal'
import { matchEtag } from '@hotel/runtime/read/etag'
import { getMethod } from '@hotel/runtime/read/get'
import type { Pager } from '@hotel/runtime/read/page'
import { withEtag } from '@hotel/runtime/resource/answer'
import { changeMethods } from '@hotel/runtime/resource/change-methods'
import { change, newResourceFields } from '@hotel/runtime/resource/entity-fields'
import type { Retirement } from '@hotel/runtime/resource/retirement/retirement'
import { takeBack } from '@hotel/runtime/resource/retirement/retiring'
import type { Writer } from '@hotel/runtime/resource/write'
import { beingErased, type Erasure } from '../deletion/erasure.ts'
import { hasErasure } from '../deletion/erasure-notes.ts'
import type { HotelCountries } from '../hotels/hotel-countries.ts'
import type { KnownHotels } from '../hotels/known-hotels.ts'
import { changedFields, demandNamed, Guest, guestData, guestFields, guestRow, saidBesides } from './guest.ts'
import { listGuests } from './guest-list.ts'

/** The parts that the service needs: its database, its feed, the answers of other services. */
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
  const guests = changeMethods(writer, { name: 'guest', collection: '/guests', entity: Guest, shares })
  return {
    async createGuest(request, call) {
      const hotel = request.hotel || hotelUnlessNamed()
      if (hotel === undefined) throw invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
      const country = await countries.of(request, hotel, call.signal)
      const fields = valid(request, { ...guestFields(request, country), ...saidBesides })
      await hotels.demandLive(hotel, call.signal)
      return guests.create(
        call,
        'CreateGuest',
        request,
        { hotel },
        {
          make: (written) =>
            written.em.create(Guest, {
              ...guestData(fields),
              firstName: fields.first_name ?? '',
              hotelId: hotel,
              ...newResourceFields(written),
            }),
        },
      )
    },

    getGuest: getMethod(read, 'guest', guestRow),

    listGuests: (request, call) => listGuests(read, page('ListGuests', request), request, call.signal),

    updateGuest: (request, call) =>
      guests.update(call, 'UpdateGuest', request, async (hotel) => {
        const country = await countries.of(request, hotel, call.signal)
        const rules = { ...changedFields(country), ...saidBesides }
        const data = guestData(validChanges(withCountryOfPhone(request), rules, ['hotel']))
        return {
          fields(guest) {
            demandUnchanged('hotel', request.hotel, guest.hotelId)
            demandNamed(guest, data)
            return data
          },
        }
      }),

    replaceGuest: (request, call) =>
      guests.update(call, 'ReplaceGuest', request, async (hotel) => {
        const country = await countries.of(request, hotel, call.signal)
        const fields = valid(request, { ...guestFields(request, country), ...saidBesides })
        return {
          fields(guest) {
            demandUnchanged('hotel', request.hotel, guest.hotelId)
            return guestData(fields)
          },
        }
      }),

    async deleteGuest(request, call) {
      const scope = await guests.scopeOf(request, call)
      return withEtag(call, await retirement.remove(call, 'DeleteGuest', request, scope))
    },

    async undeleteGuest(request, call) {
      return guests.write(call, 'UndeleteGuest', request, await guests.scopeOf(request, call), {
        load: hasErasure,
        apply(written, guest, isToBeErased) {
          matchEtag(call, request, guest.version)
          if (guest.eraseTime !== null)
            throw precondition('GUEST_ERASED', "the guest's personal data was erased for good: create another guest")
          if (guest.deleteTime === null) {
            if (guest.retiringTime === null) throw precondition('ALREADY_LIVE', 'the guest is not deleted')
            if (isToBeErased) throw beingErased()
            return takeBack(guest, written)
          }
          change<Guest>(guest, { deleteTime: null }, written)
        },
      })
    },

    async eraseGuest(request, call) {
      return withEtag(call, await erasure.erase(call, request, await guests.scopeOf(request, call)))
    },

    listGuestHistory: historyMethod(orm, page, 'ListGuestHistory', 'guest', GuestMessage.fromPartial({})),

    watchGuests: (request, call) => watch(call, request, 'guest'),
  }
}

/** A change of a number need not name its country in the mask, because the country is not stored. */
function withCountryOfPhone(request: UpdateGuestRequest): UpdateGuestRequest {
  const { update_mask } = request
  return update_mask?.includes('phone') ? { ...request, update_mask: [...update_mask, 'phone_country'] } : request
}

/** A write of a guest: it may be with other such writes, but for those of the same guest. */
function shares({ id }: { id?: string }) {
  return { kind: 'guest', changes: id === undefined ? [] : [id] }
}

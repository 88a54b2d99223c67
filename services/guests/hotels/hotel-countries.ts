import type { ListLocationsResponse, LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { isVisible } from '@hotel/runtime/access/hotels'
import { isId } from '@hotel/runtime/errors/id'
import { askPeer, repeatable } from '@hotel/runtime/peers/peers'
import { RecentMap } from '@hotel/runtime/process/recent-map'
import type { Client } from 'nice-grpc'
import { isNational } from '../guest/phone.ts'

/** The countries that hotels are in, as the rooms service knows them; asked before any transaction, and remembered. */
export type HotelCountries = {
  /**
   * The country of a telephone number that is given for a guest of a hotel: the one that is given with it, or else the one that
   * the hotel's locations name. Undefined where they name none or several, and for a number that needs none. Throws
   * PEER_UNAVAILABLE.
   */
  of(given: Given, hotel: string, signal: AbortSignal): Promise<string | undefined>
}

/** A telephone number, if there is one, and its country, if that is given. */
type Given = { readonly phone?: string | undefined; readonly phone_country?: string | undefined }

/** How long an answer of the rooms service is good. */
const GOOD_FOR_MS = 30_000
const MOST_HOTELS = 1_000

/** Makes the HotelCountries of the service. */
export function hotelCountries(locations: Client<LocationServiceDefinition>): HotelCountries {
  const known = new RecentMap<string, { readonly country: string | undefined; readonly until: number }>(MOST_HOTELS)
  const ask = async (hotel: string, signal: AbortSignal): Promise<string | undefined> => {
    const countries = new Set<string>()
    let page_token = ''
    do {
      const page: ListLocationsResponse | undefined = await askPeer('rooms', () =>
        locations.listLocations({ hotel, page_size: 500, page_token }, repeatable(signal)),
      )
      for (const { country_code } of page?.locations ?? []) if (country_code !== undefined) countries.add(country_code)
      page_token = page?.next_page_token ?? ''
    } while (page_token !== '')
    return countries.size === 1 ? [...countries][0] : undefined
  }

  return {
    async of({ phone, phone_country }, hotel, signal) {
      if (phone_country !== undefined) return phone_country
      if (!isNational(phone) || !isId(hotel) || !isVisible(hotel)) return undefined
      const remembered = known.get(hotel)
      if (remembered !== undefined && remembered.until > performance.now()) return remembered.country
      const country = await ask(hotel, signal)
      known.set(hotel, { country, until: performance.now() + GOOD_FOR_MS })
      return country
    },
  }
}

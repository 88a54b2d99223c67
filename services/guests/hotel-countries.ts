import type { ListLocationsResponse, LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { isVisible } from '@hotel/runtime/access/hotels'
import { RecentMap } from '@hotel/runtime/recent-map'
import { isId } from '@hotel/runtime/resource/id'
import { askPeer, repeatable } from '@hotel/runtime/server/peers'
import type { Client } from 'nice-grpc'
import { isNational } from './phone.ts'

/** The countries that hotels are in, as the rooms service knows them; asked before any transaction, and remembered. */
export type HotelCountries = {
  /**
   * The country of a telephone number that is given for a guest of a hotel: the one that the hotel's locations name. Undefined
   * where they name none or several, and for a number that needs none. Throws PEER_UNAVAILABLE.
   */
  of(phone: string | undefined, hotel: string, signal: AbortSignal): Promise<string | undefined>
}

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
    async of(phone, hotel, signal) {
      if (!isNational(phone) || !isId(hotel) || !isVisible(hotel)) return undefined
      const remembered = known.get(hotel)
      if (remembered !== undefined && remembered.until > performance.now()) return remembered.country
      const country = await ask(hotel, signal)
      known.set(hotel, { country, until: performance.now() + GOOD_FOR_MS })
      return country
    },
  }
}

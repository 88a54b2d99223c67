import type { JsonObject } from '@bufbuild/protobuf'
import type { ServiceName } from '@hotel/stack/service-names'

/** A valid request about a fullHotel, and where it goes when not only one service has the method. */
export type AboutFullHotel = { readonly request: JsonObject; readonly at?: ServiceName }

/** Each of these. */
export function each(...requests: JsonObject[]): AboutFullHotel[] {
  return requests.map((request) => ({ request }))
}

/** Requests of methods by their names, as `GuestService/GetGuest`. */
export type Requests = Readonly<Record<string, readonly AboutFullHotel[]>>

/** Without a filter, and with each of these alone. */
export function filteredBy(filters: JsonObject, request: JsonObject = {}): AboutFullHotel[] {
  return each(request, ...Object.entries(filters).map(([name, value]) => ({ ...request, [name]: value })))
}

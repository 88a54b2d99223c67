import type { JsonObject } from '@bufbuild/protobuf'
import type { ServiceName } from '@hotel/stack/service-names'
import type { House } from './house.ts'
import { internalRequests } from './internal-requests.ts'
import { reservationRequests } from './reservation-requests.ts'
import { resourceRequests } from './resource-requests.ts'

/** A valid request about a house, and where it goes when not only one service has the method. */
export type AboutHouse = { readonly request: JsonObject; readonly at?: ServiceName }

/** Requests of methods by their names, as `GuestService/GetGuest`. */
export type Requests = Readonly<Record<string, readonly AboutHouse[]>>

/** For each method of the API, valid requests about what a house has. */
export function requestsAbout(house: House): Requests {
  return { ...resourceRequests(house), ...reservationRequests(house), ...internalRequests(house) }
}

/** Each of these. */
export function each(...requests: JsonObject[]): AboutHouse[] {
  return requests.map((request) => ({ request }))
}

/** Without a filter, and with each of these alone. */
export function filteredBy(filters: JsonObject, request: JsonObject = {}): AboutHouse[] {
  return each(request, ...Object.entries(filters).map(([name, value]) => ({ ...request, [name]: value })))
}

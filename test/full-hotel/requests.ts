import type { FullHotel } from './full-hotel.ts'
import { internalRequests } from './internal-requests.ts'
import type { Requests } from './requests-of-method.ts'
import { reservationRequests } from './reservation-requests.ts'
import { resourceRequests } from './resource-requests.ts'

/** For each method of the API, valid requests about what a fullHotel has. */
export function requestsAbout(fullHotel: FullHotel): Requests {
  return { ...resourceRequests(fullHotel), ...reservationRequests(fullHotel), ...internalRequests(fullHotel) }
}

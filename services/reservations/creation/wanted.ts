import type { CreateReservationRequest } from '@hotel/proto/hotel/reservations/v1/reservations'
import { valid } from '@hotel/runtime/call/valid'
import { type Stay, stay } from '../nights/stay.ts'
import { creationRules } from '../reservation/reservation-request.ts'

/** The fields of a valid request, and its dates. */
export type Wanted = { readonly fields: ReturnType<typeof fieldsOf>; readonly dates: Stay }

/** Reads a request; throws INVALID_FIELD for fields that are wrong regardless of the stored data. */
export function wantedOf(request: CreateReservationRequest): Wanted {
  const fields = fieldsOf(request)
  return { fields, dates: stay(fields.in_date, fields.out_date) }
}

function fieldsOf(request: CreateReservationRequest) {
  return valid(request, creationRules(request))
}

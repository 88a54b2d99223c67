import { query } from '@hotel/runtime/database/database'
import { alreadyExists, type Refusal } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { optionalText } from '@hotel/runtime/resource/text-rules'
import type { Write } from '@hotel/runtime/resource/write'

/** The number of a reservation in another system, and which that is. */
export type External = { readonly externalId?: string | null | undefined; readonly source?: string | null | undefined }

/** The rules of both fields. */
export const externalRules = {
  external_id: optionalText(constraintOf('hotel.reservations.v1.Reservation.external_id')),
  source: optionalText(constraintOf('hotel.reservations.v1.Reservation.source')),
}

/**
 * Throws EXTERNAL_ID_TAKEN when another live reservation of the hotel has this number of this source. Under the hotel's head
 * that stays so; the unique index only guards it. A hold with the number whose time has come is deleted.
 */
export async function demandOwnNumber(
  { em, now }: Pick<Write, 'em' | 'now'>,
  hotel: string,
  { externalId, source }: External,
  own: string | null = null,
): Promise<void> {
  if (!externalId) return
  const [other] = await query<{ id: string; is_lapsed: boolean }>(
    em,
    `select id, coalesce(hold_until <= $5::timestamptz, false) as is_lapsed from reservation
     where hotel_id = $1 and external_id = $2 and coalesce(source, '') = coalesce($3, '') and delete_time is null
       and id is distinct from $4::uuid`,
    [hotel, externalId, source ?? null, own, now.toISOString()],
  )
  if (other === undefined) return
  if (!other.is_lapsed) throw externalIdTaken({ externalId, source }, other.id)
  await query(em, 'select lapse_holds($1, array[$2::uuid], $3)', [hotel, other.id, now.toISOString()])
}

/** ALREADY_EXISTS of a number that this reservation has. */
export function externalIdTaken({ externalId, source }: External, reservation: string): Refusal {
  const message = `the reservation ${reservation} has the number ${externalId} of this source`
  return alreadyExists('EXTERNAL_ID_TAKEN', message, {
    external_id: externalId ?? '',
    ...(source && { source }),
    reservation,
  })
}

/** A new row with a number of another system. */
type NumberedRow = {
  readonly id: string
  readonly hotel_id: string
  readonly delete_time: Date | null
  readonly external_id: string | null
  readonly source: string | null
}

/**
 * Refuses new rows of a hotel whose number a live reservation has, or a row before them that is not refused; deletes holds
 * with such a number whose time has come.
 */
export async function refuseTakenNumbers<Row extends NumberedRow>(
  { em, now }: Pick<Write, 'em' | 'now'>,
  rows: readonly Row[],
  refusals: Map<Row, Refusal>,
): Promise<void> {
  const numbered = rows.filter((row) => row.external_id !== null && row.delete_time === null && !refusals.has(row))
  const [first] = numbered
  if (first === undefined) return
  const numbers = numbered.map(({ external_id }) => external_id)
  await query(
    em,
    `select lapse_holds($1, array(
       select id from reservation where hotel_id = $1 and external_id = any($2) and delete_time is null
         and hold_until <= $3::timestamptz), $3)`,
    [first.hotel_id, numbers, now.toISOString()],
  )
  const there = await query<{ id: string; external_id: string; source: string | null }>(
    em,
    'select id, external_id, source from reservation where hotel_id = $1 and external_id = any($2) and delete_time is null',
    [first.hotel_id, numbers],
  )
  const keyOf = (row: { external_id: string | null; source: string | null }) =>
    JSON.stringify([row.source ?? '', row.external_id])
  const taken = new Map(there.map((row) => [keyOf(row), row.id]))
  for (const row of numbered) {
    const other = taken.get(keyOf(row))
    if (other === undefined) taken.set(keyOf(row), row.id)
    else refusals.set(row, externalIdTaken({ externalId: row.external_id, source: row.source }, other))
  }
}

import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { HOTEL_REQUIRED, hotelUnlessNamed, isVisible } from '@hotel/runtime/access/hotels'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, DEFAULT_LOCATION, isId } from '@hotel/runtime/errors/id'
import { invalidFields, type Refusal } from '@hotel/runtime/errors/refusal'
import type { ImportRow } from '@hotel/runtime/transfer/stored-rows'
import { noSuch, type Referred } from '../shared/references.ts'

/** The resources that others may refer to: those in the database, and those that a batch with validate_only assumes. */
export type Known = { readonly em: EntityManager; readonly assumed: Batch | undefined }

/** Of resources that name their hotel, or leave it to the token. */
export async function hotelsOf(known: Known, messages: readonly { hotel: string }[]): Promise<(string | Refusal)[]> {
  const named = messages.map(({ hotel }) => (hotel === '' ? hotelUnlessNamed() : hotel))
  const existing = await knownHotels(
    known,
    named.filter((hotel) => hotel !== undefined),
  )
  return named.map((hotel) =>
    hotel === undefined
      ? invalidFields([{ field: 'hotel', description: HOTEL_REQUIRED }])
      : (existing.get(hotel) ?? unknown('hotel')),
  )
}

/** Those of these hotels that are known, each under its id. */
async function knownHotels({ em, assumed }: Known, hotels: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const assumedHotels = (assumed?.hotels ?? []).map(({ id }) => [id, id] as const)
  return new Map([...assumedHotels, ...(await hotelsById(em, 'hotel', hotels))])
}

/** The hotels of those of these locations that are known. */
async function knownLocations(known: Known, locations: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const existing = await hotelsById(known.em, 'location', locations)
  const assumed = known.assumed?.locations ?? []
  if (assumed.length === 0) return existing
  const hotels = await knownHotels(
    known,
    assumed.map(({ hotel }) => hotel),
  )
  const sound = assumed.filter(({ hotel }) => hotels.has(hotel))
  return new Map([...sound.map(({ id, hotel }) => [id, hotel] as const), ...existing])
}

type Located = { hotel: string; location: string }

/** The location of a resource that may name none: only the default hotel has one for those. */
export function locationOf({ hotel, location }: Located): string {
  return location === '' && (hotel === '' || hotel === DEFAULT_HOTEL) ? DEFAULT_LOCATION : location
}

/** Of resources that name their location; a hotel that they name besides must be the location's. */
export async function hotelsOfLocations(known: Known, messages: readonly Located[]): Promise<(string | Refusal)[]> {
  const existing = await knownLocations(known, messages.map(locationOf))
  return messages.map((message) => {
    const hotel = existing.get(locationOf(message))
    if (hotel === undefined) return unknown('location')
    if (message.hotel === '' || message.hotel === hotel) return hotel
    return invalidFields([{ field: 'hotel', description: 'is not the hotel of the location: leave it out' }])
  })
}

/** The hotel of each of these resources, by id alone; of those that are the caller's. */
async function hotelsById(
  em: EntityManager,
  referred: Referred,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await query<{ id: string; hotel_id: string }>(
    em,
    `select id, hotel_id from ${referred} where id = any($1)`,
    [[...new Set(ids)].filter(isId)],
  )
  return new Map(rows.filter(({ hotel_id }) => isVisible(hotel_id)).map(({ id, hotel_id }) => [id, hotel_id]))
}

/** INVALID_FIELD of a reference to what is not there. */
function unknown(field: Referred): Refusal {
  return invalidFields([{ field, description: noSuch(field) }])
}

/**
 * The refusals of rows that name what is not there, or what is deleted while they are live. Asked under the hotel's feed
 * head, so that what is found live stays so until the write commits.
 */
export async function danglingReferences<Row extends ImportRow>(
  em: EntityManager,
  rows: readonly Row[],
  fields: readonly Referred[],
): Promise<Map<Row, Refusal>> {
  const refusals = new Map<Row, Refusal>()
  for (const field of fields) {
    const idOf = (row: Row) => row[`${field}_id`] as string | null
    const ids = [...new Set(rows.map(idOf))].filter((id) => id !== null)
    const found = await query<{ id: string; live: boolean }>(
      em,
      `select id, delete_time is null as live from ${field} where hotel_id = $1 and id = any($2)`,
      [rows[0]?.hotel_id, ids],
    )
    const live = new Map(found.map(({ id, live }) => [id, live]))
    for (const row of rows) {
      const id = idOf(row)
      if (id === null || live.get(id) === true) continue
      if (!(live.has(id) && row.delete_time !== null)) refusals.set(row, unknown(field))
    }
  }
  return refusals
}

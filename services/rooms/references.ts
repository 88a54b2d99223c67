import { type EntityManager, forkFor, type MikroORM, query } from '@hotel/runtime/database'
import { isId } from '@hotel/runtime/id'
import { invalidFields, notFound, precondition } from '@hotel/runtime/refusal'
import { Invalid, type Rule } from '@hotel/runtime/valid'

/** A kind of resource that others refer to; also the name of its table. */
export type Referred = 'hotel' | 'location' | 'room_type'

type Resource = Referred | 'room' | 'employee'

/** The hotel of a resource by id alone: the one look-up that does not know the hotel. Undefined when there is none. */
export async function knownHotelOf(
  em: EntityManager,
  resource: Resource,
  id: string | undefined,
): Promise<string | undefined> {
  if (id === undefined || !isId(id)) return undefined
  const [row] = await query<{ hotel_id: string }>(em, `select hotel_id from ${resource} where id = $1`, [id])
  return row?.hotel_id
}

/** As knownHotelOf, for a resource that must be there: throws NOT_FOUND. */
export async function hotelOf(em: EntityManager, resource: Resource, id: string): Promise<string> {
  const hotel = await knownHotelOf(em, resource, id)
  if (hotel === undefined) throw notFound(resource, id)
  return hotel
}

/** Throws INVALID_FIELD of `hotel` unless it exists, deleted or not. */
export function demandHotelIn(orm: MikroORM): (hotel: string, signal: AbortSignal) => Promise<void> {
  return async (hotel, signal) => {
    if ((await knownHotelOf(forkFor(orm, signal), 'hotel', hotel)) === undefined)
      throw invalidFields([{ field: 'hotel', description: 'no hotel has this id' }])
  }
}

/**
 * The rule of a field that names a live resource of this hotel. It is looked up now, under the hotel's feed head, so that
 * what it finds stays live until the write commits. Absent ones are refused.
 */
export async function liveRule(
  em: EntityManager,
  hotel: string,
  referred: Referred,
  id: string | undefined,
): Promise<Rule<string>> {
  const live = id !== undefined && (await isLive(em, hotel, referred, id))
  return () => {
    if (id === undefined || id === '') throw new Invalid('is required')
    if (!live) throw new Invalid(`no ${words(referred)}${referred === 'hotel' ? '' : ' of the hotel'} has this id`)
    return id
  }
}

/** Throws DEPENDENCY_DELETED unless what a resource belongs to is live: it can not be restored before that is. */
export async function demandLive(em: EntityManager, hotel: string, referred: Referred, id: string): Promise<void> {
  if (await isLive(em, hotel, referred, id)) return
  throw precondition('DEPENDENCY_DELETED', `its ${words(referred)} is deleted: restore that first`, {
    resource: referred,
    id,
  })
}

async function isLive(em: EntityManager, hotel: string, referred: Referred, id: string): Promise<boolean> {
  if (!isId(id)) return false
  const rows = await query(em, `select from ${referred} where hotel_id = $1 and id = $2 and delete_time is null`, [
    hotel,
    id,
  ])
  return rows.length > 0
}

/** The name of a kind of resource in a sentence. */
export function words(name: string): string {
  return name.replaceAll('_', ' ')
}

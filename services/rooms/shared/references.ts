import { HOTEL_REQUIRED, hotelUnlessNamed, isVisible, knownHotelOf } from '@hotel/runtime/access/hotels'
import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { type EntityManager, forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { DEFAULT_HOTEL, DEFAULT_LOCATION, isId } from '@hotel/runtime/errors/id'
import { precondition, unknownHotel } from '@hotel/runtime/errors/refusal'
import { inWords } from '@hotel/runtime/errors/snake-case'
import type { Demand } from '@hotel/runtime/resource/change-methods'

/** A kind of resource that others refer to; also the name of its table. */
export type Referred = 'hotel' | 'location' | 'room_type'

/** Throws INVALID_FIELD of `hotel` unless it exists, deleted or not. */
export function demandHotelIn(orm: MikroORM): (hotel: string, signal: AbortSignal) => Promise<void> {
  return async (hotel, signal) => {
    if ((await knownHotelOf(forkFor(orm, signal), 'hotel', hotel)) === undefined) throw unknownHotel()
  }
}

/**
 * The location of who names none: the default one, or, for a caller whose the default hotel is not, the only live one of
 * its only hotel. Undefined when there is no telling.
 */
export async function locationUnlessNamed(em: EntityManager): Promise<string | undefined> {
  const hotel = hotelUnlessNamed()
  if (hotel === undefined || hotel === DEFAULT_HOTEL) return hotel && DEFAULT_LOCATION
  const [only, ...others] = await query<{ id: string }>(
    em,
    'select id from location where hotel_id = $1 and delete_time is null limit 2',
    [hotel],
  )
  return others.length === 0 ? only?.id : undefined
}

/** The rule of a field that names nothing, or nothing that the caller can know of: it always refuses. */
export function unknownRule(referred: Referred): Rule<never> {
  return (value) => {
    if (value === undefined || value === '') throw new Invalid(referred === 'hotel' ? HOTEL_REQUIRED : 'is required')
    throw new Invalid(noSuch(referred))
  }
}

/** The message for an id that names none of these. */
export function noSuch(referred: Referred): string {
  return `no ${inWords(referred)}${referred === 'hotel' ? '' : ' of the hotel'} has this id`
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
    if (!live) throw new Invalid(noSuch(referred))
    return id
  }
}

/** The resource that another one belongs to, and whether it is live. */
type Owner = { readonly referred: Referred; readonly id: string; readonly isLive: boolean }

/** That the hotel of a resource that is to be restored is live. */
export const hotelIsLive: Demand<object, Owner[]> = {
  load: async (em, hotel) => [{ referred: 'hotel', id: hotel, isLive: await isLive(em, hotel, 'hotel', hotel) }],
  demand: (_, owners) => demandLive(owners),
}

/** The same of the location and the room type, if any, of a room, or of the location of an employee. */
export function ownersAreLive(table: 'room' | 'employee'): Demand<object, Owner[]> {
  return { load: (em, hotel, id) => ownersOf(em, table, hotel, id), demand: (_, owners) => demandLive(owners) }
}

function ownersOf(em: EntityManager, table: 'room' | 'employee', hotel: string, id: string): Promise<Owner[]> {
  const owners = (['location', 'room_type'] as const).slice(0, table === 'room' ? 2 : 1)
  const each = owners.map(
    (referred) => `
      select '${referred}' as referred, t.${referred}_id as id, exists (
        select from ${referred} o where o.hotel_id = t.hotel_id and o.id = t.${referred}_id and o.delete_time is null) as "isLive"
      from ${table} t where t.hotel_id = $1 and t.id = $2 and t.${referred}_id is not null`,
  )
  return query<Owner>(em, { name: `owners_of_${table}`, text: each.join(' union all ') }, [hotel, id])
}

/** Throws DEPENDENCY_DELETED unless what a resource belongs to is live: it can not be restored before that is. */
function demandLive(owners: readonly Owner[]): void {
  const deleted = owners.find(({ isLive }) => !isLive)
  if (deleted === undefined) return
  const { referred, id } = deleted
  throw precondition('DEPENDENCY_DELETED', `its ${inWords(referred)} is deleted: restore that first`, {
    resource: referred,
    id,
  })
}

async function isLive(em: EntityManager, hotel: string, referred: Referred, id: string): Promise<boolean> {
  if (!isId(id) || !isVisible(hotel)) return false
  const text = `select from ${referred} where hotel_id = $1 and id = $2 and delete_time is null`
  return (await query(em, { name: `live_${referred}`, text }, [hotel, id])).length > 0
}

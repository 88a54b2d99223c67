import type { EntityManager } from '../database/database.ts'
import { notFound } from '../resource/refusal.ts'
import { isVisible, knownHotelOf } from './hotels.ts'

/** The hotels of resources of one kind, of which this process knows them: a resource never changes its hotel. */
export type HotelsOfIds = {
  /** Undefined when it is not known here. */
  of(id: string): string | undefined
  know(id: string, hotel: string): void
  /** As knownHotelOf; the database is asked only for an id that is not known here, or not as the caller's. */
  known(id: string | undefined, read: () => EntityManager): Promise<string | undefined>
  /** The same as hotelOf. */
  demand(id: string, read: () => EntityManager): Promise<string>
}

/** Some 20 MB at the most. */
const MOST = 100_000

/** Makes an empty one, of a resource by the name of its table; the longest known ones go when it is full. */
export function hotelsOfIds(resource: string): HotelsOfIds {
  const known = new Map<string, string>()
  const know = (id: string, hotel: string) => {
    if (known.size >= MOST) known.delete(known.keys().next().value ?? '')
    known.set(id, hotel)
  }
  const find = async (id: string | undefined, read: () => EntityManager) => {
    const there = id === undefined ? undefined : known.get(id)
    if (there !== undefined && isVisible(there)) return there
    const hotel = await knownHotelOf(read(), resource, id)
    if (id !== undefined && hotel !== undefined) know(id, hotel)
    return hotel
  }
  return {
    of: (id) => known.get(id),
    know,
    known: find,
    async demand(id, read) {
      const hotel = await find(id, read)
      if (hotel === undefined) throw notFound(resource, id)
      return hotel
    },
  }
}

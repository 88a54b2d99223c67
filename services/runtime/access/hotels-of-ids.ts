import type { EntityManager } from '../database/database.ts'
import { notFound } from '../resource/refusal.ts'
import { isVisible, knownHotelOf } from './hotels.ts'

/**
 * The hotels of resources, of which this process knows them: a resource never changes its hotel. A resource is named as its
 * table.
 */
export type HotelsOfIds = {
  know(resource: string, id: string, hotel: string): void
  /** As knownHotelOf; the database is asked only for an id that is not known here, or not as the caller's. */
  known(resource: string, id: string | undefined, read: () => EntityManager): Promise<string | undefined>
  /** The same as hotelOf. */
  demand(resource: string, id: string, read: () => EntityManager): Promise<string>
}

/** Some 30 MB at the most. */
const MOST = 100_000

/** Makes an empty one; the longest known ones go when it is full. */
export function hotelsOfIds(): HotelsOfIds {
  const hotels = new Map<string, string>()
  const know: HotelsOfIds['know'] = (resource, id, hotel) => {
    if (hotels.size >= MOST) hotels.delete(hotels.keys().next().value ?? '')
    hotels.set(`${resource} ${id}`, hotel)
  }
  const known: HotelsOfIds['known'] = async (resource, id, read) => {
    if (id === undefined) return undefined
    const there = hotels.get(`${resource} ${id}`)
    if (there !== undefined && isVisible(there)) return there
    const hotel = await knownHotelOf(read(), resource, id)
    if (hotel !== undefined) know(resource, id, hotel)
    return hotel
  }
  return {
    know,
    known,
    async demand(resource, id, read) {
      const hotel = await known(resource, id, read)
      if (hotel === undefined) throw notFound(resource, id)
      return hotel
    },
  }
}

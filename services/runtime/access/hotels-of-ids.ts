import { setImmediate } from 'node:timers/promises'
import { forkFor, type MikroORM, query } from '../database/database.ts'
import { isId } from '../errors/id.ts'
import { notFound } from '../errors/refusal.ts'
import { RecentMap } from '../process/recent-map.ts'
import { isVisible } from './hotels.ts'

/**
 * The hotels of resources, of which this process knows them: a resource never changes its hotel. A resource is named as its
 * table.
 */
export type HotelsOfIds = {
  know(resource: string, id: string, hotel: string): void
  /** As knownHotelOf; the database is asked only for an id that is not known here, or not as the caller's. */
  known(resource: string, id: string | undefined, signal: AbortSignal): Promise<string | undefined>
  /** The same as hotelOf. */
  demand(resource: string, id: string, signal: AbortSignal): Promise<string>
}

/** Some 30 MB at the most. */
const MOST = 100_000

/** Makes an empty one; those that were not asked for longest go when it is full. */
export function hotelsOfIds(orm: MikroORM): HotelsOfIds {
  const hotels = new RecentMap<string, string>(MOST)
  const ask = askingTogether(orm)
  const know: HotelsOfIds['know'] = (resource, id, hotel) => hotels.set(`${resource} ${id}`, hotel)
  const known: HotelsOfIds['known'] = async (resource, id, signal) => {
    if (id === undefined || !isId(id)) return undefined
    const there = hotels.get(`${resource} ${id}`)
    if (there !== undefined && isVisible(there)) return there
    const hotel = await ask(resource, id, signal)
    if (hotel === undefined || !isVisible(hotel)) return undefined
    know(resource, id, hotel)
    return hotel
  }
  return {
    know,
    known,
    async demand(resource, id, signal) {
      const hotel = await known(resource, id, signal)
      if (hotel === undefined) throw notFound(resource, id)
      return hotel
    },
  }
}

/** Those who ask for ids of a resource in one turn of the event loop. */
type Asking = { readonly ids: Set<string>; callers: number; found: Promise<ReadonlyMap<string, string>> }

/** Asks the database for what all callers want to know at a time by one statement, which ends when they all are gone. */
function askingTogether(orm: MikroORM) {
  const asked = new Map<string, Asking & { readonly gone: AbortController }>()
  const find = async (resource: string, ids: ReadonlySet<string>, signal: AbortSignal) => {
    await setImmediate()
    signal.throwIfAborted()
    asked.delete(resource)
    const statement = { name: `hotels_of_${resource}`, text: `select id, hotel_id from ${resource} where id = any($1)` }
    const rows = await query<{ id: string; hotel_id: string }>(forkFor(orm, signal), statement, [[...ids]])
    return new Map(rows.map(({ id, hotel_id }) => [id, hotel_id]))
  }
  return async (resource: string, id: string, signal: AbortSignal): Promise<string | undefined> => {
    let asking = asked.get(resource)
    if (asking === undefined) {
      const [ids, gone] = [new Set<string>(), new AbortController()]
      asking = { ids, gone, callers: 0, found: find(resource, ids, gone.signal) }
      asked.set(resource, asking)
    }
    const { ids, gone, found } = asking
    const leave = () => {
      asking.callers -= 1
      if (asking.callers > 0) return
      // A caller that comes later in this turn asks again.
      if (asked.get(resource) === asking) asked.delete(resource)
      gone.abort(signal.reason)
    }
    ids.add(id)
    asking.callers += 1
    signal.addEventListener('abort', leave, { once: true })
    try {
      return (await found).get(id)
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}

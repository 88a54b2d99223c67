import type { ListResourcesRequest, ListResourcesResponse } from '@hotel/proto/hotel/feed/v1/feed'
import type { CallContext } from 'nice-grpc'
import { callersHotels, isOfHotels } from '../access/hotels.ts'
import { Invalid, type Rule, valid } from '../call/valid.ts'
import { forkFor, type MikroORM, query } from '../database/database.ts'
import { isId } from '../errors/id.ts'
import { constraintOf } from '../protos/constraints.ts'
import type { Encode, Rebuild } from './change-row.ts'

/** The most ids of one request. */
export const MOST_IDS = constraintOf('hotel.feed.v1.ListResourcesRequest.ids').maxItems

type Options = { orm: MikroORM; rebuild: Rebuild; encode: Encode; resources: readonly string[] }
type Row = { hotel_id: string; version: number; row: Record<string, unknown> }

/** ListResources of the feed, over the tables of these resources. */
export function knownResources({ orm, rebuild, encode, resources }: Options) {
  // The name of a table is no parameter of a statement: it has to be one of these.
  const kind: Rule<string> = (value) => {
    const found = resources.find((resource) => resource === value)
    if (found === undefined) throw new Invalid(`is not of this feed: it has ${resources.join(', ')}`)
    return found
  }
  return async (request: ListResourcesRequest, call: CallContext): Promise<ListResourcesResponse> => {
    const { resource, ids } = valid(request, { resource: kind, ids: someIds })
    const own = callersHotels()
    const rows = await query<Row>(
      forkFor(orm, call.signal),
      `select t.hotel_id, t.version, to_jsonb(t) as row from ${resource} t
       where t.id = any($1) and ${isOfHotels('t.hotel_id', '$2', own)}`,
      [ids, own],
    )
    return {
      resources: rows.map(({ hotel_id, version, row }) => ({
        resource: encode(resource, rebuild(resource, row)),
        version: BigInt(version),
        hotel: hotel_id,
      })),
    }
  }
}

const someIds: Rule<string[]> = (value) => {
  const ids = value as string[]
  if (ids.length > MOST_IDS) throw new Invalid(`are more than ${MOST_IDS}: send fewer at once`)
  if (!ids.every(isId))
    throw new Invalid('contain a value that is not an id: give the 36 lower-case characters of each')
  return ids
}

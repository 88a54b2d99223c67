import { type EntityManager, query } from '@hotel/runtime/database/database'
import { precondition } from '@hotel/runtime/errors/refusal'
import { inWords } from '@hotel/runtime/errors/snake-case'
import type { Demand } from '@hotel/runtime/resource/change-methods'
import type { Referred } from './references.ts'

/** The kinds of resources that use each kind: their collection, their table, and the column that names the used one. */
const USERS = {
  hotel: [
    { users: 'locations', table: 'location' },
    { users: 'rooms', table: 'room' },
    { users: 'room_types', table: 'room_type' },
    { users: 'employees', table: 'employee' },
  ],
  location: [
    { users: 'rooms', table: 'room', column: 'location_id' },
    { users: 'employees', table: 'employee', column: 'location_id' },
  ],
  room_type: [{ users: 'rooms', table: 'room', column: 'room_type_id' }],
} as const satisfies Record<Referred, readonly { users: string; table: string; column?: string }[]>

const MOST_EXAMPLES = 20

/** The resources that use one: how many of each kind, and the ids of some. */
type Use = { readonly users: string; readonly count: string; readonly ids: readonly string[] }

/** That nothing uses a resource that is to be deleted, and that it is not the one for callers who name none. */
export function unused(used: Referred, fallback?: string): Demand<{ id: string }, Use[]> {
  return {
    load: (em, hotel, id) => usesOf(em, used, hotel, id),
    demand({ id }, uses) {
      demandNotDefault(used, id, fallback)
      demandUnused(used, id, uses)
    },
  }
}

/**
 * The live resources that use this one. Asked under the hotel's feed head: whoever begins to use it comes before, or finds
 * it deleted.
 */
async function usesOf(em: EntityManager, used: Referred, hotel: string, id: string): Promise<Use[]> {
  const asked = USERS[used].map(async (user: { users: string; table: string; column?: string }) => {
    const { users, table, column = 'hotel_id' } = user
    const rows = await query<{ id: string; count: string }>(
      em,
      {
        name: `uses_of_${used}_by_${table}`,
        text: `select id, count(*) over () as count from ${table}
          where hotel_id = $1 and ${column} = $2 and delete_time is null order by id limit ${MOST_EXAMPLES}`,
      },
      [hotel, id],
    )
    return rows[0] === undefined ? [] : [{ users, count: rows[0].count, ids: rows.map((row) => row.id) }]
  })
  return (await Promise.all(asked)).flat()
}

/** Throws RESOURCE_IN_USE, saying by what, for a resource that is used. */
function demandUnused(used: Referred, id: string, uses: readonly Use[]): void {
  if (uses.length === 0) return
  const counts = uses.map(({ users, count }) => `${inWords(users)}: ${count}`)
  throw precondition(
    'RESOURCE_IN_USE',
    `the ${inWords(used)} is in use (${counts.join(', ')}): delete or change those first`,
    {
      resource: used,
      id,
      used_by: uses.map(({ users }) => users).join(','),
      ...Object.fromEntries(uses.map(({ users, ids }) => [users, ids.join(',')])),
    },
    uses.map(({ users, count, ids }) => ({
      type: 'IN_USE',
      subject: `${users}/${ids[0]}`,
      description: `live ${inWords(users)} that use it: ${count}`,
    })),
  )
}

/** Throws DEFAULT_RESOURCE for what callers get who name none. */
function demandNotDefault(resource: Referred, id: string, fallback: string | undefined): void {
  if (id !== fallback) return
  throw precondition(
    'DEFAULT_RESOURCE',
    `the default ${inWords(resource)} cannot be deleted: requests that name none get it`,
    {
      resource,
      id,
    },
  )
}

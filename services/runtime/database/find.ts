import type { EntityClass, EntityMetadata } from '@mikro-orm/postgresql'
import { notFound } from '../errors/refusal.ts'
import { type EntityManager, type Prepared, query } from './database.ts'

/** A resource of a hotel as an entity, by a statement that is planned once. Throws NOT_FOUND. */
export async function find<Entity extends object>(
  em: EntityManager,
  type: EntityClass<Entity>,
  hotel: string,
  id: string,
): Promise<Entity> {
  const meta = em.getMetadata(type) as EntityMetadata
  const [row] = await query<object>(em, statementOf(meta), [hotel, id])
  if (row === undefined) throw notFound(meta.tableName, id)
  return em.map(type, row)
}

/** The columns of an entity, of the table by this name. */
export function columnsOf({ props }: EntityMetadata, table: string): string {
  return props.map(({ fieldNames: [name] }) => `${table}.${name}`).join(', ')
}

const known = new WeakMap<EntityMetadata, Prepared>()

function statementOf(meta: EntityMetadata): Prepared {
  const { tableName } = meta
  const statement = known.get(meta) ?? {
    name: `find_${tableName}`,
    text: `select ${columnsOf(meta, 't')} from ${tableName} t where t.hotel_id = $1 and t.id = $2`,
  }
  known.set(meta, statement)
  return statement
}

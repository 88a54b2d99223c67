import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Write } from './write.ts'

/** What every new resource begins with: an id of its own, its times and who made it. */
export function newResourceFields({ now, actor }: Pick<Write, 'now' | 'actor'>) {
  return { id: randomUUIDv7(), createTime: now, updateTime: now, updatedBy: actor, version: 1 }
}

/**
 * Changes those fields of an entity that differ, and then its time and actor too. An entity that is as wanted stays
 * untouched, its version included.
 */
export function change<Entity extends { updateTime: Date; updatedBy: string }>(
  entity: Entity,
  data: Partial<Entity>,
  { now, actor }: Write,
): void {
  const differs = Object.entries(data).some(
    ([field, value]) => !isDeepStrictEqual((entity as Record<string, unknown>)[field] ?? null, value ?? null),
  )
  if (differs) Object.assign(entity, data, { updateTime: now, updatedBy: actor })
}

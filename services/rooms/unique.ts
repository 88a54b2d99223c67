import type { EntityManager } from '@hotel/runtime/database/database'
import { databaseError } from '@hotel/runtime/database/database-error'
import type { Refusal } from '@hotel/runtime/resource/refusal'

/** Writes now, while the values are at hand: throws this refusal when the unique index of this name forbids it. */
export async function flushUnique(em: EntityManager, index: string, taken: () => Refusal): Promise<void> {
  try {
    await em.flush()
  } catch (error) {
    throw databaseError(error)?.constraint === index ? taken() : error
  }
}

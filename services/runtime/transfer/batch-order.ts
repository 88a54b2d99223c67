import { Status } from 'nice-grpc'
import { currentCaller } from '../call/call.ts'
import { invalidFields, Refusal } from '../errors/refusal.ts'
import { constraintOf } from '../protos/constraints.ts'

const LONGEST_NAME = constraintOf('hotel.transfer.v1.ImportRequest.name').maxLength

/** Resolves when a batch may be stored; throws BATCH_BEFORE_NOT_STORED when the one before it was not. */
export type Turn = () => Promise<void>

/** The names by which one batch is stored after another; empty for none. */
export type Place = { readonly name: string; readonly after: string }

/**
 * Keeps the order of batches that a caller sends to this process before the last one is answered: each is given a turn to
 * wait for, which comes when the one before it is stored. Throws BATCH_BEFORE_NOT_STORED when that is not under way here.
 */
export function batchOrder(): <T>(place: Place, store: (turn: Turn) => Promise<T>) => Promise<T> {
  // Whether each is stored, once that is known.
  const underWay = new Map<string, Promise<boolean>>()
  const keyOf = (name: string) => JSON.stringify([currentCaller().subject, name])
  return async ({ name, after }, store) => {
    refuseLongNames({ name, after })
    const before = after === '' ? Promise.resolve(true) : underWay.get(keyOf(after))
    if (before === undefined) throw notStored(after, 'is not under way at this instance')
    const stored = store(async () => {
      if (!(await before)) throw notStored(after, 'was not stored')
    })
    if (name === '') return stored
    const key = keyOf(name)
    const isStored = stored.then(
      () => true,
      () => false,
    )
    underWay.set(key, isStored)
    try {
      return await stored
    } finally {
      if (underWay.get(key) === isStored) underWay.delete(key)
    }
  }
}

function refuseLongNames(place: Place): void {
  const violations = (['name', 'after'] as const)
    .filter((field) => [...place[field]].length > LONGEST_NAME)
    .map((field) => ({ field, description: `has more than ${LONGEST_NAME} characters` }))
  if (violations.length > 0) throw invalidFields(violations)
}

function notStored(after: string, why: string): Refusal {
  const message = `the batch ${after} ${why}: send this one without \`after\` once that one is stored`
  return new Refusal(Status.ABORTED, 'BATCH_BEFORE_NOT_STORED', message, { after })
}

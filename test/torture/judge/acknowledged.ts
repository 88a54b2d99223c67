import { READS } from '../clients/requests.ts'
import type { Change, Json, Operation, Outcome, Violation } from '../history/evidence.ts'
import { endOfEffect, startOf } from '../model/book.ts'
import { differences, fieldsOfAnswer, fieldsOfRow, versionOf } from '../model/fields.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

/** Calls that may find all as they want it, and change nothing. */
const MAY_FIND = new Set(['ConfirmReservation', 'SwapRooms', 'UpdateReservation'])

/**
 * Each acknowledged write is a change of the feed, by the subject of its call, that says what the answer said. One that
 * found all as it wanted answers what was so at some step while it was under way.
 */
export function judgeAcknowledged(judged: Judged): Violation[] {
  const { evidence } = judged
  const { found, add } = violations('what is acknowledged is there')
  const { reservations, guests, rooms } = evidence.final.changes
  const byActor = Map.groupBy([...reservations, ...guests, ...rooms], ({ actor }) => actor)
  for (const operation of evidence.operations) {
    if (READS.has(operation.method)) continue
    const ok = operation.tries.map(({ outcome }) => outcome).find((outcome) => outcome?.is === 'ok')
    if (ok === undefined) continue
    const changes = byActor.get(operation.name) ?? []
    for (const answer of resourcesOf(operation, ok)) {
      const own = changes.find(({ id, version }) => id === answer.id && version === versionOf(answer.etag))
      const wrong =
        own !== undefined
          ? differs(own, answer)
          : MAY_FIND.has(operation.method) && !changes.some(({ id }) => id === answer.id)
            ? wasSo(judged, operation, answer)
            : `${operation.method} of ${answer.id} was acknowledged as version ${versionOf(answer.etag)}, which is not there`
      if (wrong !== undefined)
        add(`${operation.name} ${answer.id}`, wrong, endOfEffect(operation), [operation.name, answer.id])
    }
  }
  return found
}

/** The resources of an answer. */
export function resourcesOf({ method }: Operation, outcome: Extract<Outcome, { is: 'ok' }>): Json[] {
  return method === 'SwapRooms' ? (outcome.answer.reservations ?? []) : [outcome.answer]
}

function differs(change: Change, answer: Json): string | undefined {
  const { resource, payload, seq } = change
  if (resource === 'guest' || resource === 'room') {
    const name = resource === 'guest' ? 'last_name' : 'number'
    const same = payload[name] === answer[name] && (payload.delete_time !== null) === (answer.delete_time !== undefined)
    return same ? undefined : `change ${seq} of ${resource} ${answer.id} is not what was answered`
  }
  const wrong = differences(fieldsOfRow(resource, payload), fieldsOfAnswer(answer))
  return wrong.length === 0 ? undefined : `change ${seq} differs from its answer in ${wrong.join(', ')}`
}

function wasSo({ books }: Judged, operation: Operation, answer: Json): string | undefined {
  const given = fieldsOfAnswer(answer)
  for (const book of books.values()) {
    const version = book.versions.get(given.id)?.find((each) => each.version === given.version)
    if (version === undefined) continue
    const { first, last } = book.window(startOf(operation), endOfEffect(operation))
    if (version.since > last || version.before <= first)
      return `it was answered version ${given.version}, which was past or to come`
    const wrong = differences(fieldsOfRow(version.resource, payloadOf(book.changes, version)), given)
    return wrong.length === 0 ? undefined : `it was answered what was not so: ${wrong.join(', ')}`
  }
  return `it was answered version ${given.version} of ${given.id}, which there never was`
}

function payloadOf(changes: readonly Change[], { id, version }: { id: string; version: number }): Json {
  return changes.find((change) => change.id === id && change.version === version)?.payload
}

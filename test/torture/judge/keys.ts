import { READS } from '../clients/requests.ts'
import type { Change, Json, Operation, Violation } from '../history/evidence.ts'
import { endOfEffect } from '../model/book.ts'
import type { Judged } from './judged.ts'
import { timeOf, violations } from './violations.ts'

/** All sendings of a call under its key have one effect, and one answer once there is one. */
export function judgeKeys({ evidence }: Judged): Violation[] {
  const { found, add } = violations('one effect for a key')
  const { reservations, guests, rooms } = evidence.final.changes
  const byActor = Map.groupBy([...reservations, ...guests, ...rooms], ({ actor }) => actor)
  for (const operation of evidence.operations) {
    const { name, method } = operation
    if (READS.has(method)) continue
    const wrongEffects = wrongNumber(operation, byActor.get(name) ?? [])
    if (wrongEffects !== undefined)
      add(`${name} effects`, `${name} (${method}) ${wrongEffects}`, timeOf(evidence, name), [name])
    const wrongAnswers = unequal(operation)
    if (wrongAnswers !== undefined)
      add(`${name} answers`, `${name} (${method}) ${wrongAnswers}`, timeOf(evidence, name), [name])
  }
  return found
}

function wrongNumber({ method, tries }: Operation, changes: readonly Change[]): string | undefined {
  const seqs = changes.map(({ seq }) => seq)
  if (method !== 'SwapRooms') return seqs.length > 1 ? `had ${seqs.length} effects: changes ${seqs}` : undefined
  if (seqs.length === 0) return undefined
  const [one, other] = changes
  if (seqs.length !== 2 || one === undefined || other === undefined || one.id === other.id)
    return `had ${seqs.length} effects instead of two: changes ${seqs}`
  if (Math.abs(one.seq - other.seq) !== 1 || one.time !== other.time) return `was not made at once: changes ${seqs}`
  const answered = tries.some(({ outcome }) => outcome?.is === 'ok')
  return answered || tries.some(({ outcome }) => outcome?.is !== 'refused')
    ? undefined
    : 'was refused and had an effect'
}

function unequal(operation: Operation): string | undefined {
  const answers = operation.tries.flatMap(({ outcome }) => (outcome?.is === 'ok' ? [text(outcome.answer)] : []))
  if (new Set(answers).size > 1) return `has ${new Set(answers).size} answers: ${[...new Set(answers)].join(' and ')}`
  const done = endOfEffect(operation)
  const later = operation.tries.find(({ start, outcome }) => start > done && outcome?.is === 'refused')
  if (later?.outcome?.is === 'refused') return `was refused by ${later.outcome.reason} after it had been acknowledged`
  return undefined
}

/** An answer as a text that is the same for the same answer: empty fields are left out over REST, and times are shorter. */
function text(answer: Json): string {
  const plain = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)) return new Date(value).toISOString()
    if (typeof value !== 'object' || value === null) return value
    const fields = Object.entries(value).filter(
      ([, field]) => field !== '' && !(Array.isArray(field) && field.length === 0),
    )
    return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, plain(field)]))
  }
  return JSON.stringify(plain(answer))
}

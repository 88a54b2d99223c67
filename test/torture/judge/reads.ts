import type { Evidence, Json, Operation, Try, Violation } from '../history/evidence.ts'
import { type Book, type Version, versionAt, type Window } from '../model/book.ts'
import { lapse, type Moments, momentsOf } from '../model/clocks.ts'
import { endOf, fieldsOfAnswer, holdsNights, versionOf } from '../model/fields.ts'
import { PLACES } from '../plan/shape.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

type Look = { evidence: Evidence; book: Book; operation: Operation; answer: Json; moments: Moments; window: Window }

/** Each answer of a read is what was so at one step of the feed that the call can have seen: none is older than what was acknowledged before. */
export function judgeReads({ evidence, books }: Judged): Violation[] {
  const { found, add } = violations('reads are true')
  for (const operation of evidence.operations) {
    const compare = COMPARE[operation.method]
    const book = books.get(evidence.world.places[operation.act.place]?.hotel ?? '')
    if (compare === undefined || book === undefined) continue
    for (const attempt of operation.tries) {
      const wrong = wrongRead(evidence, book, operation, attempt, compare)
      if (wrong === undefined) continue
      const message = `${operation.name} (${operation.method}) answered what was not so: ${wrong}`
      add(operation.name, message, attempt.end ?? 0, [operation.name, ...(wrong.match(/[0-9a-f-]{36}/g) ?? [])])
    }
  }
  return found
}

/** What differs from a step, as a sentence; undefined when nothing does. */
type Compare = (look: Look, step: number) => string | undefined

function wrongRead(
  evidence: Evidence,
  book: Book,
  operation: Operation,
  attempt: Try,
  compare: Compare,
): string | undefined {
  const { outcome, start, end = Number.POSITIVE_INFINITY } = attempt
  if (outcome?.is !== 'ok') return undefined
  const window = book.window(start, end)
  const look = { evidence, book, operation, answer: outcome.answer, moments: momentsOf(evidence, attempt), window }
  let wrong: string | undefined
  // The latest step first, which is the one most often seen.
  for (let step = window.last; step >= window.first; step--) {
    const here = compare(look, step)
    if (here === undefined) return undefined
    wrong ??= `${here} (steps ${window.first} to ${window.last})`
  }
  return wrong ?? 'no step can have been seen'
}

const COMPARE: Readonly<Record<string, Compare>> = {
  GetReservation: ({ book, answer }, step) => {
    const version = versionAt(book, answer.id, step)
    if (version === undefined) return `${answer.id} is not there`
    const given = fieldsOfAnswer(answer)
    return version.version === given.version &&
      version.status === given.status &&
      String(version.rooms) === String(given.rooms)
      ? undefined
      : `${answer.id} is version ${version.version}, not ${given.version}`
  },
  ListReservations: (look, step) =>
    unequal(
      look,
      step,
      (version) => version.resource === 'reservation' && !version.isDeleted,
      look.answer.reservations ?? [],
      (row) => [row.id, versionOf(row.etag)],
      (version) => version.version,
    ),
  ListCurrentAndUpcoming: (look, step) => {
    const place = look.evidence.world.places[look.operation.act.place]
    const today = place?.today ?? ''
    const last = Temporal.PlainDate.from(today).add({ days: 2 }).toString()
    const isStay = (version: Version) =>
      version.resource === 'reservation' &&
      !version.isDeleted &&
      (place?.rooms ?? []).includes(version.rooms[0] ?? '') &&
      version.until >= today &&
      version.from <= last
    const form = ({ from, until, status, guest, rooms }: Version) => [from, until, status, guest, ...rooms].join(' ')
    const formOfStay = ({ in_date, out_date, status, guest, rooms }: Json) =>
      [in_date, out_date, status, guest, ...(rooms ?? [])].join(' ')
    return unequal(
      look,
      step,
      isStay,
      look.answer.reservations ?? [],
      (row) => [row.reservation, formOfStay(row)],
      form,
    )
  },
  ListRoomAvailability: (look, step) => {
    const place = PLACES[look.operation.act.place]
    const rooms = look.evidence.world.places[look.operation.act.place]?.rooms ?? []
    const { in_date: from, out_date: until } = look.operation.request
    for (const [n, room] of rooms.entries()) {
      if (place?.mortal.includes(n)) continue
      const answered = (look.answer.rooms ?? []).find((each: Json) => each.room === room)
      if (answered === undefined) return `${room} is not listed`
      const shown = new Set<string>(
        (answered.held ?? []).flatMap((held: Json) =>
          nights(held.in_date, held.out_date).map((night) => `${night} ${held.by}`),
        ),
      )
      for (const { version, state } of heldAt(look, room, step)) {
        const by = version.resource === 'room_block' ? 'BLOCK' : 'RESERVATION'
        const own = nights(version.from, endOf(version)).filter((night) => night >= from && night < until)
        const seen = own.filter((night) => shown.delete(`${night} ${by}`))
        if (seen.length < own.length && !(state === 'MAYBE' && seen.length === 0))
          return `${room} is held by ${version.id}, which is not shown`
        if (state === 'YES' && seen.length > 0) return `${room} is shown as held by ${version.id}, which had lapsed`
      }
      if (shown.size > 0) return `${room} is shown as held for ${[...shown].join(', ')}`
    }
    return undefined
  },
  ListRoomTypeAvailability: (look, step) => {
    const { world } = look.evidence
    const place = world.places[look.operation.act.place]
    for (const [n, type] of (place?.types ?? []).entries()) {
      const answered = (look.answer.room_types ?? []).find((each: Json) => each.room_type === type)
      const rooms = (PLACES[look.operation.act.place]?.types[n] ?? []).map((room) => place?.rooms[room] ?? '')
      for (const { night, held = 0 } of answered?.nights ?? []) {
        const holding = rooms.map((room) =>
          heldAt(look, room, step).filter(({ version }) => version.from <= night && night < endOf(version)),
        )
        const least = holding.filter((each) => each.some(({ state }) => state === 'NO')).length
        const most = holding.filter((each) => each.some(({ state }) => state !== 'YES')).length
        if (held < least || held > most)
          return `${held} rooms of type ${type} are shown as held on ${night}, not ${least}`
      }
    }
    return undefined
  },
}

/** Compares rows of an answer with the versions that are to be in it; those that may have lapsed may be missing. */
function unequal(
  { book, moments }: Look,
  step: number,
  isWanted: (version: Version) => boolean,
  rows: readonly Json[],
  keyAndForm: (row: Json) => readonly [string, unknown],
  form: (version: Version) => unknown,
): string | undefined {
  const shown = new Map(rows.map(keyAndForm))
  for (const id of book.versions.keys()) {
    const version = versionAt(book, id, step)
    if (version === undefined || !isWanted(version)) continue
    const state = lapse(version, moments)
    const given = shown.get(id)
    shown.delete(id)
    if (given === undefined && state === 'NO') return `${id} is missing`
    if (given !== undefined && state === 'YES') return `${id} is shown, which had lapsed`
    if (given !== undefined && given !== form(version)) return `${id} is shown as ${given}, not ${form(version)}`
  }
  const [extra] = shown.keys()
  return extra === undefined ? undefined : `${extra} is shown`
}

function heldAt({ book, moments }: Look, room: string, step: number) {
  return (book.byRoom.get(room) ?? [])
    .flatMap((version) =>
      version.since <= step && step < version.before && holdsNights(version)
        ? [{ version, state: lapse(version, moments) }]
        : [],
    )
    .filter(({ state }) => state !== 'YES')
}

function nights(from: string, until: string): string[] {
  const all: string[] = []
  for (let night = Temporal.PlainDate.from(from); night.toString() < until; night = night.add({ days: 1 }))
    all.push(night.toString())
  return all
}

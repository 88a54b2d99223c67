import type { Evidence, Operation, Refused, Try } from '../history/evidence.ts'
import { PLACES } from '../plan/shape.ts'
import { type Book, shareNight, type Version, versionAt, type Window } from './book.ts'
import { lapse, type Moments, momentsOf } from './clocks.ts'
import { endOf, holdsNights } from './fields.ts'
import type { Gone } from './gone.ts'

/** What a refusal is judged by. */
export type Case = {
  readonly evidence: Evidence
  readonly book: Book
  readonly gone: Gone
  readonly operation: Operation
  readonly attempt: Try
  readonly refused: Refused
}

/** Whether there was a moment of the call at which what it was refused for was really so. */
export function isJustified(given: Case): boolean {
  const { book, attempt } = given
  const window = book.window(attempt.start, attempt.end ?? Number.POSITIVE_INFINITY)
  const moments = momentsOf(given.evidence, attempt)
  const judge = REASONS[given.refused.reason]
  if (judge === undefined) return false
  const at: At = { ...given, window, moments, subjects: subjectsOf(given) }
  for (let step = window.first; step <= window.last; step++) if (judge(at, step)) return true
  return false
}

type At = Case & { readonly window: Window; readonly moments: Moments; readonly subjects: readonly string[] }

/** The reservations and blocks that a call changes, or has made: none of them is in its own way. */
function subjectsOf({ book, operation: { name, request } }: Case): readonly string[] {
  if (request.reservations !== undefined) return request.reservations
  if (request.id !== undefined) return [request.id]
  return book.changes.filter(({ actor, kind }) => actor === name && kind === 'CREATED').map(({ id }) => id)
}

const REASONS: Readonly<Record<string, (at: At, step: number) => boolean>> = {
  ROOM_NOT_AVAILABLE: (at, step) => {
    const named = at.refused.violations.map(readViolation)
    return named.length > 0 && named.every((each) => each !== undefined && isHeld(at, step, each))
  },
  NO_ROOM_OF_TYPE_AVAILABLE: (at, step) => {
    const { metadata } = at.refused
    const { least, most } = freeOfType(at, step)
    const free = Number(metadata.free)
    return least < Number(metadata.requested) && least <= free && free <= most
  },
  INVALID_TRANSITION: (at, step) =>
    some(at, step, (version) => isThere(at, version) && version.status === at.refused.metadata.from),
  RESOURCE_NOT_FOUND: (at, step) => isMissing(at, step),
  ALREADY_LIVE: (at, step) => isOfParties(at) || some(at, step, (version) => isThere(at, version)),
  HOLD_EXPIRED: (at, step) => some(at, step, (version) => lapse(version, at.moments) !== 'NO'),
  HOLD_NOT_CONFIRMED: (at, step) => some(at, step, (version) => version.holdUntil !== null),
  FIELD_IMMUTABLE_NOW: (at, step) =>
    some(at, step, (version) => isThere(at, version) && version.status === at.refused.metadata.status),
  CHECK_IN_TOO_EARLY: (at, step) => some(at, step, (version) => version.from > todayOf(at)),
  CHECK_OUT_TOO_EARLY: (at, step) => some(at, step, (version) => version.until > todayOf(at)),
  GUEST_DELETED: (at) => mayBeGone(at, at.refused.metadata.guest ?? ''),
  INVALID_FIELD: (at, step) =>
    at.refused.fields.length > 0 && at.refused.fields.every((field) => isWrong(at, step, field)),
  ROOM_IN_USE: (at, step) => holders(at, step).some(({ rooms }) => rooms.includes(at.operation.request.id)),
  GUEST_HAS_RESERVATIONS: (at, step) => holders(at, step).some(({ guest }) => guest === at.operation.request.id),
  CHANGED_MEANWHILE: (at) => isContended(at),
  ETAG_MISMATCH: (at) => isContended(at),
}

type Named = { readonly room: string; readonly from: string; readonly until: string; readonly by: string }

function readViolation({ type, subject, description }: Refused['violations'][number]): Named | undefined {
  const [, from, until] = /from (\S+) to (\S+)/.exec(description) ?? []
  if (from === undefined || until === undefined) return undefined
  return { room: subject.replace('rooms/', ''), from, until, by: type }
}

/** Whether others than the subjects held a room on each of these nights, and it is one that the call wanted. */
function isHeld(at: At, step: number, { room, from, until, by }: Named): boolean {
  if (by === 'RETIRED') return mayBeGone(at, room)
  const kind = by === 'BLOCK' ? 'room_block' : 'reservation'
  return (at.book.byRoom.get(room) ?? []).some(
    (version) =>
      version.resource === kind &&
      version.since <= step &&
      step < version.before &&
      !at.subjects.includes(version.id) &&
      version.from <= from &&
      until <= endOf(version) &&
      lapse(version, at.moments) !== 'YES',
  )
}

/** How many rooms of the type were free for the stay: at least and at most, as some may have been gone or lapsed. */
function freeOfType(at: At, step: number): { least: number; most: number } {
  const { request, act } = at.operation
  const place = at.evidence.world.places[act.place]
  const type = place?.types.indexOf(request.room_type) ?? -1
  const ofType = PLACES[act.place]?.types[type] ?? []
  const rooms = (place?.rooms ?? []).filter((_, n) => ofType.includes(n))
  const stay = { from: request.in_date, until: request.out_date }
  const holding = (room: string, isSo: (state: ReturnType<typeof lapse>) => boolean) =>
    (at.book.byRoom.get(room) ?? []).some(
      (version) =>
        version.since <= step && step < version.before && shareNight(version, stay) && isSo(lapse(version, at.moments)),
    )
  return {
    least: rooms.filter((room) => !holding(room, (state) => state !== 'YES') && !mayBeGone(at, room)).length,
    most: rooms.filter((room) => !holding(room, (state) => state === 'NO')).length,
  }
}

function some(at: At, step: number, isSo: (version: Version) => boolean): boolean {
  return at.subjects.some((id) => {
    const version = versionAt(at.book, id, step)
    return version !== undefined && isSo(version)
  })
}

function isThere(at: At, version: Version): boolean {
  return !version.isDeleted && lapse(version, at.moments) !== 'YES'
}

/** Whether the resource that the refusal names was not there. */
function isMissing(at: At, step: number): boolean {
  const id = at.refused.metadata.id ?? ''
  if (isOfParties(at)) return mayBeGone(at, id)
  const version = versionAt(at.book, id, step)
  return version === undefined || version.isDeleted || lapse(version, at.moments) !== 'NO'
}

/** Whether the call is to the guests or the rooms service. */
function isOfParties({ operation }: At): boolean {
  return /(Guest|Room)$/.test(operation.method)
}

function mayBeGone({ gone, attempt }: At, id: string): boolean {
  return gone.maybe(id, attempt.start, attempt.end ?? Number.POSITIVE_INFINITY)
}

function todayOf({ evidence, operation }: At): string {
  return evidence.world.places[operation.act.place]?.today ?? ''
}

/** Whether a field that is called wrong can have been so. */
function isWrong(at: At, step: number, field: string): boolean {
  const { request } = at.operation
  if (field === 'guest') return mayBeGone(at, request.guest)
  if (field === 'room') return mayBeGone(at, request.room)
  if (field === 'rooms' || field.startsWith('rooms['))
    return (request.rooms as string[]).some((room) => mayBeGone(at, room))
  if (field === 'hold_until') return new Date(request.hold_until).getTime() <= at.moments.latest
  if (field === 'out_date') return some(at, step, (version) => (request.in_date ?? version.from) > request.out_date)
  return false
}

/** What holds nights, or is checked in, at a step: all of it is of the run's first day or later. */
function holders({ book, moments }: At, step: number): Version[] {
  return [...book.versions.keys()].flatMap((id) => {
    const version = versionAt(book, id, step)
    return version !== undefined && holdsNights(version) && lapse(version, moments) !== 'YES' ? [version] : []
  })
}

/** Whether another operation was on the same thing at the same time. */
function isContended({ evidence, operation, attempt }: At): boolean {
  const end = attempt.end ?? Number.POSITIVE_INFINITY
  const ids = (request: Operation['request']) =>
    [request.id, request.room, ...(request.reservations ?? [])].filter(Boolean)
  const own = ids(operation.request)
  return evidence.operations.some(
    (other) =>
      other !== operation &&
      ids(other.request).some((id) => own.includes(id)) &&
      other.tries.some((each) => each.start <= end && attempt.start <= (each.end ?? Number.POSITIVE_INFINITY)),
  )
}

import type { Violation } from '../history/evidence.ts'
import { type Book, shareNight, type Version } from '../model/book.ts'
import { lapse, momentsOf } from '../model/clocks.ts'
import { fieldsOfAnswer, holdsNights } from '../model/fields.ts'
import { nightsOf } from '../model/rules.ts'
import type { Judged } from './judged.ts'
import { timeOf, violations } from './violations.ts'

/** At no step of a feed, and in no list that somebody was given, do two hold one room for one night. */
export function judgeOverlap({ evidence, books }: Judged): Violation[] {
  const { found, add } = violations('no night is held twice')
  for (const book of books.values()) for (const [room, held] of book.byRoom) overlaps(book, room, held)
  for (const operation of evidence.operations) {
    if (operation.method !== 'ListReservations') continue
    for (const attempt of operation.tries) {
      if (attempt.outcome?.is !== 'ok') continue
      const listed = (attempt.outcome.answer.reservations ?? []).map(fieldsOfAnswer)
      const moments = momentsOf(evidence, attempt)
      const live = listed.filter((each: Version) => holdsNights(each) && lapse(each, moments) !== 'YES') as Version[]
      for (const [one, other] of pairs(live)) {
        const room = one.rooms.find((each) => other.rooms.includes(each))
        if (room === undefined || !shareNight(one, other)) continue
        const message = `a list shows two for room ${room}: ${one.id} (${nightsOf(one)}) and ${other.id} (${nightsOf(other)})`
        add(`list ${operation.name}`, message, attempt.end ?? 0, [operation.name, one.id, other.id])
      }
    }
  }
  return found

  function overlaps(book: Book, room: string, held: readonly Version[]) {
    for (const [one, other] of pairs(held)) {
      if (one.id === other.id || !shareNight(one, other)) continue
      if (one.since >= other.before || other.since >= one.before) continue
      const message =
        `room ${room} is held twice from step ${Math.max(one.since, other.since)} of the feed on: ` +
        `by ${one.id} (${nightsOf(one)}, ${one.actor}) and ${other.id} (${nightsOf(other)}, ${other.actor})`
      const at = Math.max(timeOf(evidence, one.actor), timeOf(evidence, other.actor))
      add([one.id, other.id].sort().join(' '), message, at, [one.id, other.id, one.actor, other.actor, book.hotel])
    }
  }
}

function* pairs<T>(items: readonly T[]): Generator<[T, T]> {
  for (let i = 0; i < items.length; i++) for (let j = i + 1; j < items.length; j++) yield [items[i] as T, items[j] as T]
}

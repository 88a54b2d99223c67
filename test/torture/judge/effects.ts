import type { Change, Violation } from '../history/evidence.ts'
import { MAKER } from '../house/maker.ts'
import { startOf, type Version } from '../model/book.ts'
import { wrongWith } from '../model/rules.ts'
import type { Judged } from './judged.ts'
import { timeOf, violations } from './violations.ts'

/** Each change is the work of a call that could make it, or a hold that lapsed at its time, not before. */
export function judgeEffects({ evidence, books, gone }: Judged): Violation[] {
  const { found, add } = violations('no effect without a call')
  const byName = new Map(evidence.operations.map((operation) => [operation.name, operation]))
  for (const book of books.values()) {
    for (const versions of book.versions.values()) {
      for (const [index, version] of versions.entries()) {
        const before = versions[index - 1]
        const { id, actor, since } = version
        const about = [id, actor]
        const say = (what: string) =>
          add(`${id} ${version.version}`, `step ${since}, ${id}: ${what}`, timeOf(evidence, actor), about)
        if (actor === 'system') {
          const wrong = wrongLapse(before, version)
          if (wrong !== undefined) say(wrong)
          continue
        }
        const operation = byName.get(actor)
        if (operation === undefined) {
          say(`a change by ${actor}, who called nothing`)
          continue
        }
        const wrong = wrongWith(before, version, operation, evidence.world)
        const isTaken = before === undefined || (before.isDeleted && !version.isDeleted)
        if (isTaken) {
          const end = timeOf(evidence, actor)
          const lost = [version.guest, ...version.rooms].filter((each) => gone.surely(each, startOf(operation), end))
          for (const each of lost) wrong.push(`${each} was deleted`)
        }
        for (const each of wrong) say(`${operation.method} by ${actor}: ${each}`)
      }
    }
  }
  const { guests, rooms } = evidence.final.changes
  for (const change of [...guests, ...rooms]) {
    // What exists from the first migration on.
    if (change.actor === 'system' && change.kind === 'CREATED') continue
    if (change.actor === MAKER || isOf(change, byName.get(change.actor)?.request.id)) continue
    add(
      `${change.id} ${change.version}`,
      `a change of ${change.id} by ${change.actor}, who called nothing of the kind`,
      timeOf(evidence, change.actor),
      [change.id, change.actor],
    )
  }
  return found
}

function isOf({ id }: Change, called: string | undefined): boolean {
  return id === called
}

function wrongLapse(before: Version | undefined, after: Version): string | undefined {
  if (before === undefined || after.kind !== 'DELETED') return 'the system did something else than to let a hold lapse'
  if (before.holdUntil === null) return 'the system deleted what was no hold'
  const early = before.holdUntil - after.time
  return early > 0 ? `a hold lapsed ${early / 1_000} s before its time` : undefined
}

import type { Violation } from '../history/evidence.ts'
import { endOfEffect, startOf } from '../model/book.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

/** What was acknowledged before another call began comes before that one's change in the feed of their hotel. */
export function judgeOrder({ evidence }: Judged): Violation[] {
  const { found, add } = violations('order of calls')
  const byName = new Map(evidence.operations.map((operation) => [operation.name, operation]))
  for (const changes of Object.values(evidence.final.changes)) {
    for (const ofHotel of Map.groupBy(changes, ({ hotel }) => hotel).values()) {
      // The latest start of all that came before: nobody after may have ended by then.
      let latest: { name: string; seq: number; start: number } | undefined
      for (const { actor, seq } of ofHotel) {
        const operation = byName.get(actor)
        if (operation === undefined) continue
        const end = endOfEffect(operation)
        if (latest !== undefined && end < latest.start) {
          const message = `${actor} was acknowledged before ${latest.name} was sent, and is change ${seq}, after ${latest.seq}`
          add(`${actor} ${latest.name}`, message, end, [actor, latest.name])
        }
        const start = startOf(operation)
        if (latest === undefined || start > latest.start) latest = { name: actor, seq, start }
      }
    }
  }
  return found
}

import type { Violation } from '../history/evidence.ts'
import type { Judged } from './judged.ts'
import { timeOf, violations } from './violations.ts'

/** Each watcher was told of all reservations' changes of its hotel, in the order of the feed; after a break some may come again. */
export function judgeWatched({ evidence, books }: Judged): Violation[] {
  const { found, add } = violations('watchers hear of all')
  for (const { watcher, hotel, told } of evidence.watched) {
    const changes = (books.get(hotel)?.changes ?? []).filter(({ resource }) => resource === 'reservation')
    const places = new Map(changes.map(({ id, version }, place) => [`${id} ${version}`, place]))
    let next = 0
    for (const { id, version, at } of told) {
      const place = places.get(`${id} ${version}`)
      if (place === undefined) {
        add(
          `${watcher} ${id} ${version}`,
          `${watcher} was told of version ${version} of ${id}, which there is not`,
          at,
          [id],
        )
      } else if (place > next) {
        const missing = changes[next]
        const message = `${watcher} was told of change ${changes[place]?.seq} after ${changes[next - 1]?.seq ?? 0}: ${missing?.seq} was left out`
        add(`${watcher} ${missing?.id} ${missing?.version}`, message, at, [
          missing?.actor ?? '',
          missing?.id ?? '',
          changes[place]?.actor ?? '',
        ])
      }
      if (place !== undefined) next = Math.max(next, place + 1)
    }
    const missing = changes[next]
    if (missing !== undefined)
      add(
        `${watcher} end`,
        `${watcher} was not told of change ${missing.seq} and after`,
        timeOf(evidence, missing.actor),
        [missing.actor, missing.id],
      )
  }
  return found
}

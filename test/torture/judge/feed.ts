import type { Change, Violation } from '../history/evidence.ts'
import type { Judged } from './judged.ts'
import { timeOf, violations } from './violations.ts'

/** Each hotel's feed is numbered without a gap, its times never go back, versions rise by one, and its last word is what is stored. */
export function judgeFeed({ evidence }: Judged): Violation[] {
  const { found, add } = violations('the feed is whole')
  const { changes, heads, rows } = evidence.final
  for (const [service, all] of Object.entries(changes)) {
    const last = new Map<string, Change>()
    for (const [hotel, ofHotel] of Map.groupBy(all, (change) => change.hotel)) {
      const say = (key: string, what: string, change: Change) =>
        add(`${service} ${key}`, `${service}, hotel ${hotel}: ${what}`, timeOf(evidence, change.actor), [
          change.actor,
          change.id,
        ])
      for (const [index, change] of ofHotel.entries()) {
        const before = ofHotel[index - 1]
        if (change.seq !== index + 1)
          say(`gap ${hotel}`, `change ${index + 1} is missing, there is ${change.seq}`, change)
        if (before !== undefined && change.time < before.time)
          say(
            `time ${change.seq}`,
            `change ${change.seq} is of ${change.time}, before that of ${before.seq}, ${before.time}`,
            change,
          )
        const known = last.get(change.id)
        const wrong = wrongVersion(known, change)
        if (wrong !== undefined) say(`version ${change.id} ${change.version}`, `change ${change.seq}: ${wrong}`, change)
        last.set(change.id, change)
      }
      const head = heads.find((each) => each.service === service && each.hotel === hotel)?.seq
      const end = ofHotel.at(-1)
      if (end !== undefined && head !== end.seq)
        say(`head ${hotel}`, `the head is at ${head}, the last change is ${end.seq}`, end)
    }
    for (const { row } of rows.filter((each) => each.service === service)) {
      const change = last.get(row.id)
      if (change === undefined) {
        add(`${service} ${row.id}`, `${service}: the feed does not know ${row.id}`, evidence.seconds * 1_000, [row.id])
        continue
      }
      const fields = Object.keys(row).filter(
        // How far a deletion is, that is asked for elsewhere, is no change yet.
        (name) => !name.startsWith('retir') && JSON.stringify(row[name]) !== JSON.stringify(change.payload[name]),
      )
      if (fields.length > 0)
        add(
          `${service} ${row.id}`,
          `${service}: ${row.id} is not what change ${change.seq} says: ${fields.join(', ')}`,
          timeOf(evidence, change.actor),
          [change.actor, row.id],
        )
    }
  }
  return found
}

function wrongVersion(before: Change | undefined, { version, kind }: Change): string | undefined {
  const expected = (before?.version ?? 0) + 1
  if (version !== expected) return `version ${version} follows ${expected - 1}`
  if ((kind === 'CREATED') !== (version === 1)) return `${kind} as version ${version}`
  return undefined
}

import type { Evidence, Violation } from '../history/evidence.ts'
import { judge } from '../judge/judge.ts'

/** Judging so many parts of a history is enough, however much shorter it might get. */
const MOST_LOOKS = 120

/**
 * The shortest part of a history that has the same violation (delta debugging, Zeller 1999). A reservation, block, guest or room
 * stays or goes with all calls about it and all that came of them: so nothing is against an invariant in the part that was not
 * in the whole.
 */
export function shortest(evidence: Evidence, violation: Violation): Evidence {
  const things = thingsOf(evidence)
  const pinned = new Set(violation.about.flatMap((name) => things.get(name) ?? [name]))
  const isFailing = (kept: readonly string[]) =>
    judge(part(evidence, things, new Set([...pinned, ...kept])), [violation.invariant]).some(
      ({ key }) => key === violation.key,
    )
  let kept = [...new Set([...things.values()].flat())].filter((thing) => !pinned.has(thing))
  let looks = 0
  if (isFailing([])) kept = []
  for (let pieces = 2; kept.length > 0 && looks < MOST_LOOKS; ) {
    const size = Math.ceil(kept.length / pieces)
    const without = Array.from({ length: pieces }, (_, n) => kept.filter((_, index) => Math.floor(index / size) !== n))
    const smaller = without.find((rest) => {
      looks += 1
      return rest.length < kept.length && looks <= MOST_LOOKS && isFailing(rest)
    })
    if (smaller !== undefined) {
      kept = smaller
      pieces = Math.max(2, pieces - 1)
    } else if (size === 1) break
    else pieces = Math.min(pieces * 2, kept.length)
  }
  const short = part(evidence, things, new Set([...pinned, ...kept]))
  // Of a search for an order the part may have another one, or all of them.
  return judge(short, [violation.invariant]).some(({ key }) => key === violation.key) ? short : evidence
}

/** What each operation is about: the ids of what it has made, changed or read; its own name for what is about nothing. */
function thingsOf({ operations, final }: Evidence): Map<string, string[]> {
  const made = new Map<string, string>()
  for (const { kind, actor, id } of Object.values(final.changes).flat()) if (kind === 'CREATED') made.set(actor, id)
  return new Map(
    operations.map(({ name, request, tries }) => {
      const [answer] = tries.flatMap(({ outcome }) => (outcome?.is === 'ok' ? [outcome.answer] : []))
      const ids = [request.id, ...(request.reservations ?? []), made.get(name), answer?.id].filter(
        (id) => id !== undefined,
      )
      return [name, ids.length > 0 ? [...new Set<string>(ids)] : [name]]
    }),
  )
}

/** The part of a history that is about some things. Faults stay, and so do the numbers of the feed. */
function part(evidence: Evidence, things: ReadonlyMap<string, readonly string[]>, kept: ReadonlySet<string>): Evidence {
  const isKept = (name: string) => kept.has(name) || (things.get(name) ?? []).some((thing) => kept.has(thing))
  const { changes, ...final } = evidence.final
  const ofKept = (all: typeof changes.reservations) => all.filter(({ id, actor }) => kept.has(id) || actor === 'world')
  return {
    ...evidence,
    operations: evidence.operations.filter(({ name }) => isKept(name)),
    final: {
      ...final,
      changes: {
        reservations: ofKept(changes.reservations),
        guests: ofKept(changes.guests),
        rooms: ofKept(changes.rooms),
      },
    },
  }
}

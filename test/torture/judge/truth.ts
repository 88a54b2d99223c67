import type { Json, Violation } from '../history/evidence.ts'
import { endOf, holdsNights } from '../model/fields.ts'
import { PLACES } from '../plan/shape.ts'
import type { Judged } from './judged.ts'
import { violations } from './violations.ts'

/** In the end the nights that are held, the view, and what the API says of them are what the feed says. */
export function judgeTruth({ evidence, books }: Judged): Violation[] {
  const { found, add } = violations('the end is true')
  const { final, world, seconds } = evidence
  const at = seconds * 1_000
  const expected = new Map<string, string>()
  for (const book of books.values())
    for (const versions of book.versions.values()) {
      const last = versions.at(-1)
      if (last === undefined || !holdsNights(last) || last.holdUntil !== null) continue
      const by = last.resource === 'room_block' ? 'BLOCK' : 'RESERVATION'
      for (const room of last.rooms) expected.set(`${room} ${last.from} ${endOf(last)} ${by} ${last.id}`, last.id)
    }
  const stored = new Map(
    final.legs
      .filter(({ kind, holder }) => kind !== 'RETIRED' && !isHold(books, holder))
      .map(({ room, from, until, kind, holder }) => [`${room} ${from} ${until} ${kind} ${holder}`, holder]),
  )
  for (const [leg, id] of expected)
    if (!stored.has(leg)) add(`not held ${leg}`, `the nights ${leg} are not held`, at, [id])
  for (const [leg, id] of stored)
    if (!expected.has(leg)) add(`held ${leg}`, `the nights ${leg} are held for nobody`, at, [id])
  for (const row of final.viewDiffers)
    add(`view ${row.id}`, `the view differs from its base tables: ${JSON.stringify(row)}`, at, [row.id])
  for (const [n, { rooms }] of world.places.entries()) {
    const shown = new Set<string>()
    for (const { room, held = [] } of final.free[n]?.rooms ?? [])
      for (const { in_date, out_date, by } of held)
        if (by !== 'RETIRED') shown.add(`${room} ${in_date} ${out_date} ${by}`)
    for (const [leg, id] of expected) {
      const [room = '', from = '', until = '', by = ''] = leg.split(' ')
      const mortal = PLACES[n]?.mortal.includes(rooms.indexOf(room))
      if (!rooms.includes(room) || mortal || covers(final.free[n], room, from, until, by)) continue
      add(`free ${leg}`, `the API shows ${room} as free, which ${id} holds from ${from} to ${until}`, at, [id])
    }
    judgeStays(n)
  }
  return found

  /** Names of guests and numbers of rooms come by the feeds of their services, and have come by now. */
  function judgeStays(n: number) {
    const rows = (service: string, resource: string) =>
      new Map(
        final.rows
          .filter((each) => each.service === service && each.resource === resource)
          .map(({ row }) => [row.id, row]),
      )
    const [guests, rooms] = [rows('guests', 'guest'), rows('rooms', 'room')]
    for (const stay of (final.stays[n]?.reservations ?? []) as Json[]) {
      const name = guests.get(stay.guest)?.last_name ?? undefined
      const numbers = (stay.rooms as string[]).map((room) => rooms.get(room)?.number)
      if (name !== stay.last_name || String(numbers) !== String(stay.room_numbers))
        add(
          `stay ${stay.reservation}`,
          `${stay.reservation} shows ${stay.last_name} in ${stay.room_numbers}, not ${name} in ${numbers}`,
          at,
          [stay.reservation],
        )
    }
  }
}

function isHold(books: Judged['books'], id: string): boolean {
  return [...books.values()].some(({ versions }) => (versions.get(id)?.at(-1)?.holdUntil ?? null) !== null)
}

function covers(answer: Json, room: string, from: string, until: string, by: string): boolean {
  const held = (answer?.rooms ?? []).find((each: Json) => each.room === room)?.held ?? []
  return held.some((each: Json) => each.by === by && each.in_date <= from && until <= each.out_date)
}

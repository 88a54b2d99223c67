import type { Suite } from '../harness/test-suite.ts'

// Of this file: others make rooms in the same hotels.
let numbers = Date.now() * 1_000

/** A room number that no other test has. */
export function freshNumber(): string {
  numbers += 1
  return String(numbers)
}

/** A guest and a room of the default hotel. */
export async function guestAndRoom(suite: Suite): Promise<{ guest: string; room: string }> {
  const [guest, room] = await Promise.all([
    suite.guests.createGuest({ first_name: 'Ada', last_name: 'Lovelace' }),
    suite.rooms.createRoom({ number: freshNumber() }),
  ])
  return { guest: guest.id, room: room.id }
}

/** Today in UTC, as YYYY-MM-DD, or a day some days from it. */
export function day(offset = 0): string {
  return Temporal.Now.plainDateISO('UTC').add({ days: offset }).toString()
}

/** The date so many days after a date. */
export function dayAfter(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString()
}

/** One of these, by chance. */
export function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T
}

/** Polls until the condition holds; throws the last failure at the deadline. */
export async function eventually<T>(condition: () => Promise<T>, milliseconds = 10_000): Promise<T> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    try {
      return await condition()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}

/** Throws what differs between the view and the base tables. */
export async function demandViewIsTrue(suite: Suite): Promise<void> {
  const differences = await suite.sql('reservations', 'select * from verify_current_and_upcoming()')
  if (differences.length > 0) throw new Error(`the view differs: ${JSON.stringify(differences[0])}`)
}

/** The nights that a reservation or a block holds, each run of them as its room, first day and end, by date and room. */
export async function nightsHeld(suite: Suite, { id }: { readonly id: string }): Promise<[string, string, string][]> {
  const rows = await suite.sql<{ room: string; from: string; to: string }>(
    'reservations',
    `select room_id as room, in_date::text as from, out_date::text as to from occupancy where holder_id = $1
     order by in_date, room_id`,
    [id],
  )
  return rows.map(({ room, from, to }) => [room, from, to])
}

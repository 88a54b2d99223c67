import { hash } from 'node:crypto'
import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Batch } from '@hotel/proto/hotel/transfer/v1/transfer'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import type { KindName } from '../source/kind.ts'
import { Nights, type Stay } from '../source/nights.ts'
import type { References } from '../source/references.ts'
import type { Entry } from './batches.ts'
import type { Refused } from './problems.ts'

/** What others may refer to. */
const REFERRED = ['hotels', 'locations', 'room_types', 'rooms', 'guests'] as const
type Referred = (typeof REFERRED)[number]

/** A resource as a line says it, as far as others refer to it. */
type Message = {
  readonly id: string
  readonly hotel?: string | undefined
  readonly location?: string | undefined
  readonly room_type?: string
  readonly room?: string
  readonly rooms?: readonly string[]
  readonly guest?: string
  readonly in_date: string
  readonly out_date: string
  readonly status?: Reservation_Status
  readonly delete_time?: Date
  readonly hold_until?: Date
}
type Leg = { readonly room: string; readonly in_date: string; readonly out_date: string }

/**
 * What a dry run has found good, as if it was stored: lines that refer to it are judged by it, and ids and nights are had
 * once. Memory grows with the lines.
 */
export class Rehearsal {
  readonly #made = new Map<Referred, Map<string, Message>>(REFERRED.map((list) => [list, new Map()]))
  readonly #contents = new Map<string, string>()
  readonly #nights = new Nights()

  /** The resources of a list that would be there. */
  listed(list: Referred): Iterable<object> {
    return this.#made.get(list)?.values() ?? []
  }

  /** What entries refer to, and what that refers to. */
  assumedBy(entries: readonly Entry[]): Partial<Batch> {
    const found = new Map<string, { list: Referred; message: Message }>()
    const find = (message: Message, legs: readonly Leg[] = []) => {
      for (const id of referencesOf(message, legs)) {
        const list = REFERRED.find((name) => this.#made.get(name)?.has(id))
        if (list === undefined || found.has(id)) continue
        const made = this.#made.get(list)?.get(id) as Message
        found.set(id, { list, message: made })
        find(made)
      }
    }
    for (const entry of entries) if (entry.message !== undefined) find(...partsOf(entry.message))
    const of = (list: Referred) => [...found.values()].filter((one) => one.list === list).map(({ message }) => message)
    return Object.fromEntries(REFERRED.map((list) => [list, of(list)]))
  }

  /** What becomes of a line that its service would store, with all that has been before it in the files. */
  async judge(
    entry: Entry,
    kind: KindName,
    title: string,
    references: References,
  ): Promise<'CREATED' | 'ALREADY_THERE' | Refused> {
    const [message, legs] = partsOf(entry.message ?? {})
    const key = `${kind} ${message.id}`
    const content = hash('sha1', entry.encoded ?? '', 'base64url')
    const known = this.#contents.get(key)
    if (known !== undefined) return known === content ? 'ALREADY_THERE' : idTaken(message.id)
    const inTheWay = this.#nights.take(staysOf(message, legs, kind, `line ${entry.line.number} of ${title}`))
    if (inTheWay !== undefined) return notAvailable(inTheWay)
    this.#contents.set(key, content)
    await this.#keep(message, kind, references)
    return 'CREATED'
  }

  async #keep(message: Message, kind: KindName, references: References): Promise<void> {
    const made = this.#made.get(kind as Referred)
    if (made === undefined) return
    const { location } = message
    const { id, delete_time } = message
    const ofLocation = location === undefined ? undefined : (await references.place(location))?.hotel
    const hotel = kind === 'hotels' ? id : (message.hotel ?? ofLocation ?? DEFAULT_HOTEL)
    if (kind === 'guests') made.set(id, { id, hotel, ...(delete_time && { delete_time }) } as Message)
    else made.set(id, { ...message, hotel, ...(kind === 'rooms' && { location: location ?? DEFAULT_LOCATION }) })
  }
}

/** A reservation comes with its legs beside it. */
function partsOf(sent: Record<string, unknown>): [Message, Leg[]] {
  const { reservation = sent, legs = [] } = sent
  return [reservation as Message, legs as Leg[]]
}

function referencesOf(
  { hotel, location, room_type, room, rooms = [], guest }: Message,
  legs: readonly Leg[],
): string[] {
  const named = [hotel, location, room_type, room, guest, ...rooms, ...legs.map((leg) => leg.room)]
  return named.filter((id) => id !== undefined)
}

/** The nights that a line would hold. */
function staysOf(message: Message, legs: readonly Leg[], kind: KindName, holder: string): Stay[] {
  const { in_date, out_date, delete_time, hold_until } = message
  const holds = kind === 'reservations' || kind === 'room_blocks'
  if (!holds || delete_time !== undefined || (hold_until !== undefined && hold_until <= new Date())) return []
  if (legs.length > 0) return legs.map((leg) => ({ ...leg, holder }))
  // A guest who leaves on the day of arrival holds nothing any more.
  if (in_date === out_date && message.status === Reservation_Status.CHECKED_OUT) return []
  const rooms = [...new Set([...(message.rooms ?? []), ...(message.room === undefined ? [] : [message.room])])]
  const end = in_date === out_date ? Temporal.PlainDate.from(in_date).add({ days: 1 }).toString() : out_date
  return rooms.map((room) => ({ room, in_date, out_date: end, holder }))
}

function idTaken(id: string): Refused {
  return { reason: 'ID_TAKEN', fields: [], message: `${id} belongs to another line of the file, with other content` }
}

function notAvailable({ room, in_date, out_date, holder }: Stay): Refused {
  const message = `the room ${room} is held for the nights from ${in_date} to ${out_date} by ${holder}`
  return { reason: 'ROOM_NOT_AVAILABLE', fields: [], message }
}

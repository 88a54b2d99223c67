import {
  HeldNights,
  HeldNights_Holder as Holder,
  ListRoomAvailabilityResponse,
  RoomAvailability,
} from '@hotel/proto/hotel/reservations/v1/availability'
import type { Texts } from '@hotel/runtime/database/text-query'
import { type Bytes, delimited, utf8, varint } from '@hotel/runtime/errors/wire'
import { RecentMap } from '@hotel/runtime/process/recent-map'
import { fieldTag, inOnePiece, pageEncoder } from '@hotel/runtime/read/row-message'
import { dayAfter } from '../nights/stay.ts'

/** The columns of room_lines. */
export const COLUMNS = ['line', 'number_order'] as const

/** A room of a page, as its line says. */
export type RoomLine = {
  readonly id: string
  readonly location: string
  readonly numberOrder: string
  /** The message that it becomes. */
  readonly bytes: Bytes
  /** The letters of all rooms up to this one, each nights' dates and holder in full: what pages are measured by. */
  readonly letters: number
}

/** Nights of a room that are held, as a field of its message, and how many letters they are in full. */
type Leg = { readonly bytes: Bytes; readonly letters: number }

const room = (field: keyof RoomAvailability & string, sample: unknown) => fieldTag(RoomAvailability, field, sample)
const ROOM = {
  id: room('room', 'x'),
  number: room('number', 'x'),
  type: room('room_type', 'x'),
  location: room('location', 'x'),
  hotel: room('hotel', 'x'),
  available: room('available', true) + varint(1),
  held: room('held', [{}]),
}
const NIGHTS = {
  first: fieldTag(HeldNights, 'in_date', 'x'),
  end: fieldTag(HeldNights, 'out_date', 'x'),
  by: fieldTag(HeldNights, 'by', 1),
}
const ID = 36
/** Of a line in full: the ids of the room, its location and its hotel, and four tabs. */
const LETTERS_OF_IDS = 3 * ID + 4
const LETTERS_OF_DATES = 22

/** Searches begin on few days, and what they begin with is the key of what is remembered. */
const MOST_FIRST_DAYS = 64
const MOST_LEGS = 2_000
const legsFromDay = new RecentMap<string, (text: string) => Leg>(MOST_FIRST_DAYS)

/** The rooms of lines of a search that begins on this day, one after another: a line leaves out what the one before says. */
export function roomsOf(first: string): (row: Texts) => RoomLine {
  const legOf = legsFromDay.get(first) ?? legsFrom(first)
  legsFromDay.set(first, legOf)
  let [type, place, location, lettersOfType, letters] = ['', '', '', 0, 0]
  return ([line, numberOrder]) => {
    const [text, order] = [line ?? '', numberOrder ?? '']
    const atType = text.indexOf('\t', ID) + 1
    const atPlace = text.indexOf('\t', atType) + 1
    const atNumber = text.indexOf('\t', atPlace) + 1
    if (atPlace - 1 > atType) {
      const id = text.slice(atType, atPlace - 1)
      type = id === '-' ? '' : ROOM.type + delimited(id)
      lettersOfType = id === '-' ? 0 : ID
    }
    if (atNumber - 1 > atPlace) {
      location = text.slice(atPlace, atPlace + ID)
      place = inOnePiece(
        ROOM.location + delimited(location) + ROOM.hotel + delimited(text.slice(atPlace + ID, atNumber - 1)),
      )
    }
    const [id, number] = [text.slice(0, ID), text.slice(atNumber)]
    letters += LETTERS_OF_IDS + lettersOfType + number.length + order.length
    let held = ''
    for (let from = ID; from < atType - 1; ) {
      const comma = text.indexOf(',', from)
      const to = comma === -1 || comma > atType ? atType - 1 : comma
      const leg = legOf(text.slice(from, to))
      held += leg.bytes
      letters += leg.letters + (from === ID ? 0 : 1)
      from = to + 1
    }
    const about = ROOM.id + delimited(id) + ROOM.number + delimited(utf8(number)) + type + place
    return { id, location, numberOrder: order, bytes: about + (held || ROOM.available), letters }
  }
}

/** The page of these rooms. */
export const encodeRooms = pageEncoder(ListRoomAvailabilityResponse, 'rooms')

/** What legs become that are said by the days after one; they are remembered, as few differ. */
function legsFrom(first: string): (text: string) => Leg {
  const days = [first]
  const dayOf = (number: number): string => {
    while (days.length <= number) days.push(dayAfter(days.at(-1) as string))
    return days[number] as string
  }
  const known = new RecentMap<string, Leg>(MOST_LEGS)
  return (text) => {
    const there = known.get(text)
    if (there !== undefined) return there
    const [from, to, holder = 'RESERVATION'] = text.split(' ')
    const nights =
      NIGHTS.first +
      delimited(dayOf(Number(from))) +
      NIGHTS.end +
      delimited(dayOf(Number(to))) +
      NIGHTS.by +
      varint(Holder[holder as keyof typeof Holder])
    const leg = { bytes: inOnePiece(ROOM.held + delimited(nights)), letters: LETTERS_OF_DATES + holder.length }
    known.set(text, leg)
    return leg
  }
}

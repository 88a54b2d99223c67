import type { Json, World } from '../history/evidence.ts'
import type { Act, Planned, PlannedStay, Target } from '../plan/operations.ts'

/** A call of the API: the method, and its request as JSON. */
export type Call = { readonly method: string; readonly request: Json }

/** Methods that change nothing: they are not sent again, and bear no idempotency key. */
export const READS: ReadonlySet<string> = new Set([
  'GetReservation',
  'ListReservations',
  'ListCurrentAndUpcoming',
  'ListRoomAvailability',
  'ListRoomTypeAvailability',
])

/** What a planned operation calls, given what was made so far by operations of these names; undefined when its target is not there. */
export function callOf(planned: Planned, world: World, made: ReadonlyMap<string, string>): Call | undefined {
  const { act, name } = planned
  const place = world.places[act.place]
  if (place === undefined) throw new Error(`there is no place ${act.place}`)
  const room = (index: number) => place.rooms[index] ?? ''
  const guest = (index: number) => world.guests[act.place]?.[index] ?? ''
  const dates = (stay: PlannedStay) => ({
    in_date: day(place.today, stay.from),
    out_date: day(place.today, stay.from + stay.nights),
  })
  const holdUntil = (seconds: number | undefined) =>
    seconds === undefined ? {} : { hold_until: new Date(Date.now() + seconds * 1_000).toISOString() }
  switch (act.do) {
    case 'book':
      return {
        method: 'CreateReservation',
        request: {
          ...dates(act.stay),
          guest: guest(act.guest),
          rooms: act.rooms.map(room),
          note: name,
          ...holdUntil(act.holdSeconds),
        },
      }
    case 'bookType':
      return {
        method: 'CreateReservation',
        request: {
          ...dates(act.stay),
          guest: guest(act.guest),
          room_type: place.types[act.type],
          room_count: act.count,
          location: place.location,
          note: name,
          ...holdUntil(act.holdSeconds),
        },
      }
    case 'block':
      return { method: 'CreateRoomBlock', request: { ...dates(act.stay), room: room(act.room), reason: name } }
    case 'list':
      return { method: 'ListReservations', request: { hotel: place.hotel, page_size: 500 } }
    case 'stays':
      return {
        method: 'ListCurrentAndUpcoming',
        request: { hotel: place.hotel, location: place.location, page_size: 500 },
      }
    case 'free':
      return {
        method: 'ListRoomAvailability',
        request: { location: place.location, ...dates(act.stay), page_size: 500 },
      }
    case 'freeOfType':
      return { method: 'ListRoomTypeAvailability', request: { location: place.location, ...dates(act.stay) } }
    case 'retireRoom':
      return { method: 'DeleteRoom', request: { id: room(act.room) } }
    case 'restoreRoom':
      return { method: 'UndeleteRoom', request: { id: room(act.room) } }
    case 'renameRoom':
      return { method: 'UpdateRoom', request: { id: room(act.room), number: `${act.room} ${name}` } }
    case 'deleteGuest':
      return { method: 'DeleteGuest', request: { id: guest(act.guest) } }
    case 'restoreGuest':
      return { method: 'UndeleteGuest', request: { id: guest(act.guest) } }
    case 'renameGuest':
      return { method: 'UpdateGuest', request: { id: guest(act.guest), last_name: name } }
    default:
      return callOnOne(act, planned, place.today, { made, room, guest, dates })
  }
}

type OnOne = Extract<Act, { readonly of: Target }>

type Names = {
  readonly made: ReadonlyMap<string, string>
  room(index: number): string
  guest(index: number): string
  dates(stay: PlannedStay): { in_date: string; out_date: string }
}

/** A call that changes, or reads, something that was made before. */
function callOnOne(
  act: OnOne,
  { name }: Planned,
  today: string,
  { made, room, guest, dates }: Names,
): Call | undefined {
  const found = (target: Target, not?: string) =>
    target.map((each) => made.get(each)).find((id) => id !== undefined && id !== not)
  const id = found(act.of)
  if (id === undefined) return undefined
  // On the small hotel a note stays what its create has written: it tells whose the reservation is.
  const note = act.place === 2 ? {} : { note: name }
  const update = (fields: Json): Call => ({ method: 'UpdateReservation', request: { id, ...note, ...fields } })
  switch (act.do) {
    case 'note':
      return update({})
    case 'move':
      return update(dates(act.stay))
    case 'rehouse':
      return update({ rooms: act.rooms.map(room) })
    case 'hand':
      return update({ guest: guest(act.guest) })
    case 'checkIn':
      return update({ status: 'CHECKED_IN' })
    case 'checkOut':
      return update({ status: 'CHECKED_OUT', out_date: today })
    case 'cancel':
      return { method: 'CancelReservation', request: { id, reason: name } }
    case 'restore':
      return { method: 'UndeleteReservation', request: { id } }
    case 'confirm':
      return { method: 'ConfirmReservation', request: { id } }
    case 'undoCheckIn':
      return { method: 'UndoCheckIn', request: { id } }
    case 'undoCheckOut':
      return { method: 'UndoCheckOut', request: { id } }
    case 'get':
      return { method: 'GetReservation', request: { id } }
    case 'moveBlock':
      return { method: 'UpdateRoomBlock', request: { id, ...dates(act.stay), reason: name } }
    case 'unblock':
      return { method: 'DeleteRoomBlock', request: { id } }
    case 'swap': {
      const other = found(act.with, id)
      return other === undefined ? undefined : { method: 'SwapRooms', request: { reservations: [id, other] } }
    }
    default:
      return act satisfies never
  }
}

/** The day so many days after another. */
export function day(from: string, days: number): string {
  return Temporal.PlainDate.from(from).add({ days }).toString()
}

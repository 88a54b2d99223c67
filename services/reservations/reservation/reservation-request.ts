import { date, Invalid, id, optional, type Rule, within } from '@hotel/runtime/call/valid'
import { isId } from '@hotel/runtime/errors/id'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { externalRules } from '../finding/external-id.ts'
import { holdUntil } from './holds.ts'
import { givenStatus, initialStatus, note, status } from './reservation.ts'

/** The most rooms of one reservation. */
const MOST_ROOMS = constraintOf('hotel.reservations.v1.CreateReservationRequest.rooms').maxItems

type RoomFields = { room?: string | undefined; rooms: string[] }

/** The rooms that a request names, by `rooms` or its shorthand `room`, as they were given. */
export function namedRooms({ room, rooms }: RoomFields): string[] {
  return rooms.length > 0 ? rooms : room === undefined || room === '' ? [] : [room]
}

/** The field that an answer about the rooms of a request names. */
export function roomsField({ rooms }: RoomFields): 'room' | 'rooms' {
  return rooms.length > 0 ? 'rooms' : 'room'
}

/** `room` and `rooms` of one request; both together must agree: the room is the first. */
function roomRules(request: RoomFields): { room: Rule<string | null>; rooms: Rule<string[] | null> } {
  const both = request.rooms.length > 0 && request.room !== undefined && request.room !== ''
  return {
    room: (value) => {
      if (request.rooms.length > 0 && !both) return null
      if (both && request.rooms[0] !== value) throw new Invalid('is not the first of `rooms`: send one of the two')
      return id(value)
    },
    rooms: () => {
      if (request.rooms.length === 0) return null
      if (request.rooms.length > MOST_ROOMS) throw new Invalid(`names more than ${MOST_ROOMS} rooms`)
      if (!request.rooms.every(isId))
        throw new Invalid('contains a value that is not an id: give the 36 lower-case characters of each')
      if (new Set(request.rooms).size < request.rooms.length) throw new Invalid('names a room twice')
      return request.rooms
    },
  }
}

/** The rules of the fields that creation, PUT and PATCH have in common. */
function commonRules(request: RoomFields) {
  return {
    in_date: date,
    out_date: date,
    guest: id,
    status: initialStatus,
    note,
    ...externalRules,
    ...roomRules(request),
  }
}

/** The rules of a new reservation's fields: its rooms are named, or chosen by their type. */
export function creationRules(request: RoomFields & { room_type: string }) {
  const byType = request.room_type !== ''
  const { room, rooms, ...rules } = commonRules(request)
  return {
    ...rules,
    room: byType ? notNamed : room,
    rooms: byType ? notNamed : rooms,
    room_type: optional(id),
    room_count: byType ? roomCount : noRoomCount,
    location: optional(id),
    hold_until: holdUntil,
  }
}

const notNamed: Rule<null> = (value) => {
  if ([value].flat().some((room) => room))
    throw new Invalid('cannot be given together with room_type: send one of the two')
  return null
}

const countWithin = within(constraintOf('hotel.reservations.v1.CreateReservationRequest.room_count'))
const roomCount: Rule<number> = (value) => countWithin(value ?? 1)

const noRoomCount: Rule<undefined> = (value) => {
  if (value !== undefined) throw new Invalid('can be given only with room_type: leave it out')
}

/** The rules of the fields that a PUT replaces. */
export function replacementRules(request: RoomFields) {
  const { room, ...rules } = commonRules(request)
  return { ...rules, status, room: notEmpty(room, ID_OR_NONE) }
}

/** The rules of the fields that a PATCH changes: a room that a mask names must be there. */
export function changeRules(request: RoomFields) {
  const { room, rooms, ...rules } = commonRules(request)
  return { ...rules, status: givenStatus, room: given(notEmpty(room, ID_OR_NONE)), rooms: given(rooms) }
}

const ID_OR_NONE = 'give an id, or leave it out'

/** Another rule, for a field with presence, of which an empty value is not the same as none; with the remedy for that. */
export const notEmpty =
  <T>(rule: Rule<T>, remedy: string): Rule<T> =>
  (value) => {
    if (value === '') throw new Invalid(`is empty: ${remedy}`)
    return rule(value)
  }

const given =
  <T>(rule: Rule<T | null>): Rule<T> =>
  (value) => {
    const parsed = rule(value)
    if (parsed === null) throw new Invalid('is named in update_mask and must have a value')
    return parsed
  }

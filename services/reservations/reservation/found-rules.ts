import { type FieldViolation, precondition } from '@hotel/runtime/errors/refusal'
import { roomNotAvailable, type Wish } from '../nights/no-room.ts'
import { endOf, type Stay } from '../nights/stay.ts'
import type { Place } from '../replicas/guest-and-rooms.ts'
import type { FoundParties, FoundRoom } from './found.ts'

/** Whether a guest takes reservations. */
export function guestIsLive({ guests }: FoundParties, id: string): boolean {
  return guests.some((guest) => guest.id === id && guest.isLive)
}

/** Throws GUEST_DELETED unless the guest takes reservations. */
export function demandLiveGuest(parties: FoundParties, guest: string): void {
  if (guestIsLive(parties, guest)) return
  throw precondition('GUEST_DELETED', 'the guest is deleted: restore the guest first', { guest })
}

/**
 * Whether a room is deleted: known to be, or agreed to and known by its retirement only. The constraint refuses the nights
 * that a retirement takes; of a stay that ends before, only this tells.
 */
function isGone({ isDeleted, isRetired, retiredFrom }: FoundRoom, until: string): boolean {
  return isDeleted || (isRetired === true && retiredFrom !== null && retiredFrom >= until)
}

/** The violation of rooms for a stay in this hotel (unknown, deleted, or of several locations), or else their location. */
export function placeOf(
  { rooms: known }: FoundParties,
  hotel: string,
  rooms: readonly string[],
  field: 'room' | 'rooms',
  dates: Stay,
): Place | FieldViolation {
  const until = endOf(dates)
  const there = rooms.flatMap((id) => known.find((room) => room.id === id && !isGone(room, until)) ?? [])
  const locations = new Set(there.map(({ location }) => location))
  const [location] = locations
  if (there.length < rooms.length || location === undefined) return { field, description: 'no room has this id' }
  if (locations.size > 1)
    return { field, description: 'belong to several locations: make a reservation for each location' }
  return { hotel, location }
}

/** Throws ROOM_NOT_AVAILABLE when some of these rooms are deleted. */
export function demandLiveRooms(
  { rooms: known }: FoundParties,
  rooms: readonly string[],
  dates: Stay,
  wish?: Wish,
): void {
  const until = endOf(dates)
  const gone = known.filter((room) => rooms.includes(room.id) && isGone(room, until))
  if (gone.length === 0) return
  const nights = { in_date: dates.inDate, out_date: until, by: 'RETIRED' }
  throw roomNotAvailable(
    gone.map(({ id }) => ({ room: id, ...nights })),
    wish,
  )
}

/** Thrown where a write must not decide before the owners of guests and rooms were asked: they may have news of them. */
export class NotHeardOf extends Error {
  readonly asked: Asked

  constructor(asked: Asked) {
    super('the owners of what a write is about are to be asked')
    this.asked = asked
  }
}

/** The guests and rooms that somebody may have news of: those that a request names, and a reservation's own. */
export type Asked = { readonly named: Parties; readonly own: Parties }
type Parties = { readonly guest: readonly string[]; readonly room: readonly string[] }

/** Throws NotHeardOf when one of these guests and rooms is not known here as live, or not since its service was restored. */
export function demandHeardOf(parties: FoundParties, asked: Asked): void {
  const { guests, rooms } = parties
  const isKnownGuest = (id: string) => guests.some((guest) => guest.id === id && guest.isLive && guest.isCurrent)
  const isKnownRoom = (id: string) =>
    rooms.some((room) => room.id === id && !room.isDeleted && room.isRetired !== true && room.isCurrent)
  const areKnown = ({ guest, room }: Parties) => guest.every(isKnownGuest) && room.every(isKnownRoom)
  if (!areKnown(asked.named) || !areKnown(asked.own)) throw new NotHeardOf(asked)
}

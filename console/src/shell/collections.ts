import { allows, type Session } from '../api/session.ts'

/** The resources in the order of the menu. A new one of the API has its pages by its address at once, and its place here. */
export const collections = [
  'reservations',
  'guests',
  'rooms',
  'room_types',
  'room_blocks',
  'room_availability',
  'room_type_availability',
  'locations',
  'hotels',
  'employees',
] as const

const readers: Readonly<Record<string, string>> = {
  guests: 'guests.read',
  reservations: 'reservations.read',
  room_blocks: 'reservations.read',
  room_availability: 'reservations.read',
  room_type_availability: 'reservations.read',
}

/** Whether the token may read a resource; what it may not read is not offered. */
export function visible(session: Session, collection: string): boolean {
  return allows(session, readers[collection] ?? 'rooms.read')
}

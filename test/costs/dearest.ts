import type { Suite } from '../harness/test-suite.ts'
import type { Dearest } from './dear.ts'
import { dearGuests } from './dear-guests.ts'
import { dearInternal } from './dear-internal.ts'
import { dearReservations } from './dear-reservations.ts'
import { dearRooms } from './dear-rooms.ts'
import type { LargeHotel } from './large-hotel.ts'

/** The dearest requests of every method of the API, about what a large hotel has. */
export function dearest(suite: Suite, large: LargeHotel): Dearest {
  return {
    ...dearGuests(suite, large),
    ...dearRooms(suite, large),
    ...dearReservations(suite, large),
    ...dearInternal(large),
  }
}

import type { PerService } from '../service-names.ts'

/** Where the rows of a table are, on Citus. */
export type Tables = {
  /** By hotel_id, all rows of a hotel on one worker. Parents before children. */
  readonly byHotel: readonly string[]
  /** By another column: each with the reason why a hotel is not what it is asked by. */
  readonly byOther: Readonly<Record<string, { readonly column: string; readonly reason: string }>>
  /** Whole on every node, as what runs there reads them. Few rows, seldom written. */
  readonly everywhere: readonly string[]
  /** On the coordinator only. */
  readonly here: readonly string[]
}

const IMPORTED_ID = {
  imported_id: { column: 'id', reason: 'an id is of one hotel only, which is asked before the hotel is known' },
}

/** Tables that each service's database has. */
const COMMON = {
  byHotel: ['feed_head', 'change', 'idempotency_key'],
  byOther: IMPORTED_ID,
  here: ['feed_epoch', 'migration'],
}

/** The one list of all tables: what `npm run distribute` does with each, and what the catalogue is tested against. */
export const tables: PerService<Tables> = {
  guests: { ...COMMON, byHotel: [...COMMON.byHotel, 'known_hotel', 'guest', 'erasure'], everywhere: [] },
  rooms: {
    ...COMMON,
    byHotel: [...COMMON.byHotel, 'hotel', 'location', 'room_type', 'room', 'employee'],
    everywhere: [],
  },
  reservations: {
    ...COMMON,
    byHotel: [
      ...COMMON.byHotel,
      ...['hotel', 'location', 'room_type', 'room', 'guest', 'retired_guest', 'retired_room', 'refused_retirement'],
      ...['erased_guest', 'replica_cursor', 'reservation', 'occupancy', 'occupied_room', 'room_block'],
      ...['current_and_upcoming', 'view_head'],
    ],
    // Read by each create, wherever its hotel is.
    everywhere: ['replica_epoch'],
  },
}

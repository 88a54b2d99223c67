import { FEED_MIGRATION } from '@hotel/runtime/database/migrate'

/** The tables of the rooms database, in order. */
export const migrations = [
  FEED_MIGRATION,
  { name: '0002-rooms', file: new URL('migrations/0002-rooms.sql', import.meta.url) },
  {
    name: '0003-room-types-and-employees',
    file: new URL('migrations/0003-room-types-and-employees.sql', import.meta.url),
  },
]

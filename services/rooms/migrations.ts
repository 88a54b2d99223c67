import { FEED_MIGRATION } from '@hotel/runtime/migrate'

/** The tables of the rooms database, in order. */
export const migrations = [
  FEED_MIGRATION,
  { name: '0002-rooms', file: new URL('migrations/0002-rooms.sql', import.meta.url) },
]

import { FEED_MIGRATION, FOLDING, IMPORTED_IDS, KEY_DIGESTS } from '@hotel/runtime/database/migrate'

/** The tables of the rooms database, in order. */
export const migrations = [
  FEED_MIGRATION,
  { name: '0002-rooms', file: new URL('migrations/0002-rooms.sql', import.meta.url) },
  {
    name: '0003-room-types-and-employees',
    file: new URL('migrations/0003-room-types-and-employees.sql', import.meta.url),
  },
  { name: '0004-key-digests', file: KEY_DIGESTS },
  { name: '0005-imported-ids', file: IMPORTED_IDS },
  { name: '0006-folding', file: FOLDING },
  { name: '0007-namesakes', file: new URL('migrations/0007-namesakes.sql', import.meta.url) },
  { name: '0008-folded-names', file: new URL('migrations/0008-folded-names.sql', import.meta.url) },
]

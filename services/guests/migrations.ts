import { FEED_MIGRATION, FOLDING, IMPORTED_IDS, KEY_DIGESTS } from '@hotel/runtime/database/migrate'

/** The tables of the guests database, in order. */
export const migrations = [
  FEED_MIGRATION,
  { name: '0002-guest', file: new URL('migrations/0002-guest.sql', import.meta.url) },
  { name: '0003-retirement', file: new URL('migrations/0003-retirement.sql', import.meta.url) },
  { name: '0004-erasure', file: new URL('migrations/0004-erasure.sql', import.meta.url) },
  { name: '0005-key-digests', file: KEY_DIGESTS },
  { name: '0006-imported-ids', file: IMPORTED_IDS },
  { name: '0007-folding', file: FOLDING },
  { name: '0008-folded-search', file: new URL('migrations/0008-folded-search.sql', import.meta.url) },
  {
    name: '0009-folded-search-of-older',
    file: new URL('migrations/0009-folded-search-of-older.sql', import.meta.url),
    inSteps: true,
  },
]

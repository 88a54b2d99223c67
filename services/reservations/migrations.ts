import { FEED_MIGRATION, FOLDING, IMPORTED_IDS, KEY_DIGESTS } from '@hotel/runtime/database/migrate'

/** The tables of the reservations database, in order. */
export const migrations = [
  FEED_MIGRATION,
  { name: '0002-replicas', file: new URL('migrations/0002-replicas.sql', import.meta.url) },
  { name: '0003-reservation', file: new URL('migrations/0003-reservation.sql', import.meta.url) },
  { name: '0004-room-types', file: new URL('migrations/0004-room-types.sql', import.meta.url) },
  {
    name: '0005-blocks-and-retirement',
    file: new URL('migrations/0005-blocks-and-retirement.sql', import.meta.url),
  },
  { name: '0006-location-id', file: new URL('migrations/0006-location-id.sql', import.meta.url) },
  { name: '0007-booking', file: new URL('migrations/0007-booking.sql', import.meta.url) },
  { name: '0008-availability', file: new URL('migrations/0008-availability.sql', import.meta.url) },
  { name: '0009-held-stays', file: new URL('migrations/0009-held-stays.sql', import.meta.url) },
  { name: '0010-covering-legs', file: new URL('migrations/0010-covering-legs.sql', import.meta.url) },
  { name: '0011-erasure', file: new URL('migrations/0011-erasure.sql', import.meta.url) },
  { name: '0012-key-digests', file: KEY_DIGESTS },
  { name: '0013-imported-ids', file: IMPORTED_IDS },
  { name: '0014-filtered-lists', file: new URL('migrations/0014-filtered-lists.sql', import.meta.url) },
  { name: '0015-generations', file: new URL('migrations/0015-generations.sql', import.meta.url) },
  { name: '0016-occupied-rooms', file: new URL('migrations/0016-occupied-rooms.sql', import.meta.url) },
  { name: '0017-house-lists', file: new URL('migrations/0017-house-lists.sql', import.meta.url) },
  { name: '0019-finding', file: new URL('migrations/0019-finding.sql', import.meta.url) },
  { name: '0021-cancellation-cause', file: new URL('migrations/0021-cancellation-cause.sql', import.meta.url) },
  { name: '0025-folding', file: FOLDING },
  { name: '0026-guest-search', file: new URL('migrations/0026-guest-search.sql', import.meta.url) },
  {
    name: '0027-guest-search-of-older',
    file: new URL('migrations/0027-guest-search-of-older.sql', import.meta.url),
    inSteps: true,
  },
  { name: '0028-guest-statistics', file: new URL('migrations/0028-guest-statistics.sql', import.meta.url) },
]

import type { Mutant } from './mutant.ts'

/** Defects in keys, the feed, the cache, the calendar, waiting and durability. */
export const otherMutants: readonly Mutant[] = [
  {
    name: 'key-outside-the-transaction',
    what: 'the key of a create is stored once the create has been committed',
    edits: [
      {
        file: 'services/reservations/creation/creation.sql',
        find: 'has_keys constant boolean := cardinality(array_remove(keys, null)) > 0;',
        replace: 'has_keys constant boolean := false;',
      },
      {
        file: 'services/reservations/creation/reservation-creation.ts',
        find: `import { created } from '@hotel/runtime/resource/answer'`,
        replace: `import { created } from '@hotel/runtime/resource/answer'
import { repeatOf } from '@hotel/runtime/resource/repeats'`,
      },
      {
        file: 'services/reservations/creation/reservation-creation.ts',
        find: `    hotels.know('reservation', reservation.id, reservation.hotel)
    return created`,
        replace: `    const late = repeatOf(call, 'CreateReservation', request)
    if (late !== undefined)
      await query(
        reading.orm.em.fork(),
        \`insert into idempotency_key (hotel_id, caller, key, method, request_hash, request_digest, change_hotel_id,
           change_seq, create_time)
         select $1, $2, $3, 'CreateReservation', $4, $5, $1, c.seq, now() from change c
         where c.hotel_id = $1 and c.resource = 'reservation' and c.id = $6 and c.version = 1
         on conflict do nothing\`,
        [reservation.hotel, late.caller, late.key, late.hash, late.digest, reservation.id],
      )
    return created`,
      },
    ],
  },
  {
    name: 'cursor-by-id',
    what: 'a watcher goes on after the greatest id that it knows, not after the last commit',
    edits: [
      {
        file: 'services/runtime/changes/change-pages.ts',
        find: 'where c.hotel_id = $1 and c.seq > $2 and c.seq <=',
        replace: `where c.hotel_id = $1 and c.seq > $2 and c.id::text >= coalesce((
           select max(k.id::text) from change k where k.hotel_id = $1 and k.seq <= $2 and k.resource = $3), '')
           and c.seq <=`,
      },
    ],
  },
  {
    name: 'redis-before-postgres',
    what: 'a page in Redis is used although a later change was committed',
    edits: [
      {
        file: 'services/reservations/cache/cache.ts',
        find: `if (!opened.subarray(0, tag.length).equals(tag)) return end('superseded')`,
        replace: '',
      },
    ],
  },
  {
    name: 'page-older-than-its-head',
    what: 'a page is put into Redis under the head that is there afterwards',
    edits: [
      {
        file: 'services/reservations/current-and-upcoming/stay-pages.ts',
        find: 'if (version !== undefined) void cache.put(key, pack(page), now, await tagged)',
        replace: 'if (version !== undefined) void cache.put(key, pack(page), now, digest((await readVersion())?.rows))',
      },
    ],
  },
  {
    name: 'wrong-midnight',
    what: 'the date of each location is that of UTC',
    edits: [
      {
        file: 'services/reservations/nights/calendar.sql',
        find: `case when knows_time_zone(zone) then zone else 'UTC' end`,
        replace: `'UTC'`,
      },
    ],
  },
  {
    name: 'lost-wake-up',
    what: 'a watcher that has only just begun to wait cannot be woken, and no longer looks by itself',
    edits: [
      {
        file: 'services/runtime/changes/feed-followers.ts',
        find: `            follower.wake = () => {
              clearTimeout(timer)`,
        replace: `            const since = performance.now()
            follower.wake = () => {
              if (performance.now() - since < 50) return
              clearTimeout(timer)`,
      },
      {
        file: 'services/runtime/changes/watch.ts',
        find: 'const CHECKPOINT_EVERY_MS = 5_000',
        replace: 'const CHECKPOINT_EVERY_MS = 3_600_000',
      },
    ],
  },
  {
    name: 'next-group-not-woken',
    what: 'creates that wait for a group to be back are not sent after it, but with the next create that comes',
    edits: [
      {
        file: 'services/reservations/creation/creation-groups.ts',
        find: `    // Before any answer is made: the database has its next group meanwhile.
    begin()
`,
        replace: '',
      },
    ],
  },
  {
    name: 'answer-before-the-disk',
    what: 'a write is acknowledged before it is on the disk',
    edits: [
      {
        file: 'stack/servers/postgres/postgres.ts',
        find: `    max_wal_size: '2GB',`,
        replace: `    max_wal_size: '2GB',
    synchronous_commit: 'off',
    wal_writer_delay: '5s',`,
      },
    ],
    faults: ['kill Postgres'],
  },
  {
    name: 'blocks-are-not-shown',
    what: 'the list of free rooms does not know of blocks',
    edits: [
      {
        file: 'services/reservations/nights/legs.sql',
        find: 'where o.hotel_id = of_hotel and o.room_id = of_room and o.in_date < until and o.out_date > first',
        replace: `where o.hotel_id = of_hotel and o.room_id = of_room and o.in_date < until and o.out_date > first and o.holder <> 'BLOCK'`,
      },
    ],
  },
]

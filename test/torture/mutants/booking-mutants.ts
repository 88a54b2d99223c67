import type { Edit, Mutant } from './mutant.ts'

const CREATION = 'services/reservations/creation/creation.sql'
const OCCUPANCY = 'services/reservations/nights/occupancy.sql'

const withoutConstraint: Edit = {
  file: 'services/reservations/migrations/0003-reservation.sql',
  find: `check (in_date < out_date and in_date > '-infinity'),
  constraint occupancy_held_once exclude using gist (hotel_id with =, room_id with =, during with &&)`,
  replace: `check (in_date < out_date and in_date > '-infinity')`,
}
const withoutHeadInGroups: Edit = { file: CREATION, find: 'for update skip locked', replace: '' }

/** Defects in how nights are held, freed and given. */
export const bookingMutants: readonly Mutant[] = [
  { name: 'constraint-dropped', what: 'nothing keeps two from holding a room for a night', edits: [withoutConstraint] },
  {
    name: 'head-lock-skipped',
    what: 'writers of a hotel do not line up at its head',
    edits: [
      withoutHeadInGroups,
      {
        file: 'services/runtime/database/sql/feed.sql',
        find: 'where h.hotel_id = hotel for update;',
        replace: 'where h.hotel_id = hotel;',
        times: 2,
      },
    ],
  },
  {
    name: 'check-then-insert',
    what: 'a create looks whether the nights are free, then takes them, with no constraint and no lock',
    edits: [
      withoutConstraint,
      withoutHeadInGroups,
      {
        file: CREATION,
        find: `    where m.n = any(todo)
    order by m.n
    on conflict do nothing`,
        replace: `    where m.n = any(todo) and legs_in_the_way(
      m.hotel, array[named.room], array[m.in_date], array[greatest(m.out_date, m.in_date + 1)]) is null
    order by m.n
    on conflict do nothing`,
      },
    ],
  },
  {
    name: 'loser-takes-neighbour-along',
    what: 'a create that is refused frees the nights of the one before it in its group',
    edits: [
      {
        file: 'services/reservations/creation/lost-legs.sql',
        find: 'where m.n = any(losers) and o.hotel_id = m.hotel',
        replace: 'where (m.n = any(losers) or m.n + 1 = any(losers)) and o.hotel_id = m.hotel',
      },
    ],
  },
  {
    name: 'hold-freed-early',
    what: 'a hold lapses a second before its time',
    edits: [
      {
        file: OCCUPANCY,
        find: 'r.delete_time is null and r.hold_until <= at',
        replace: `r.delete_time is null and r.hold_until <= at + interval '1 second'`,
        times: 2,
      },
      {
        file: 'services/reservations/current-and-upcoming/sweep.ts',
        find: 'hold_until <= statement_timestamp() + make_interval(secs => $1)',
        replace: 'hold_until <= statement_timestamp() + make_interval(secs => $1 + 1)',
      },
    ],
  },
  {
    name: 'swap-of-one',
    what: 'a swap moves one of the two only',
    edits: [
      {
        file: 'services/reservations/reservation/swap.ts',
        find: 'for (const { reservation, rooms } of wanted) change',
        replace: 'for (const { reservation, rooms } of wanted.slice(0, 1)) change',
      },
    ],
  },
  {
    name: 'undelete-without-looking',
    what: 'a cancelled reservation is restored although another one has its nights',
    edits: [
      {
        file: 'services/reservations/reservation/undelete.ts',
        find: 'await hold(write, hotel, [{ id, legs: legsOf(dates, rooms), holdUntil }], wish)',
        replace: '',
      },
    ],
  },
  {
    name: 'block-without-looking',
    what: 'a block is made although a guest has the room',
    edits: [
      {
        file: 'services/reservations/blocks/room-block-service.ts',
        find: `await hold(written, hotel, [{ id: born.id, holder: 'BLOCK', isNew: true, legs: legsOf(dates, [room]) }])`,
        replace: '',
      },
    ],
  },
  {
    name: 'no-room-on-the-day-of-leaving',
    what: 'a room that a guest leaves is not given to the guest who comes that day, when it is chosen by type',
    edits: [
      {
        file: 'services/reservations/nights/assignment.sql',
        find: 'before.out_date <= first)',
        replace: 'before.out_date < first)',
      },
    ],
  },
]

import { type EntityManager, query } from '@hotel/runtime/database/database'
import { notFound, precondition, Refusal } from '@hotel/runtime/errors/refusal'
import { etagMismatch, etagOf } from '@hotel/runtime/read/etag'
import { hold } from '../nights/occupancy.ts'
import { FEEDS, generationOf } from '../replicas/feeds.ts'
import type { Decision } from './decision.ts'

const MOST_EXAMPLES = 20

/** The ids of what holds a room now or later. */
type Holders = { reservations: string[]; blocks: string[] }

/**
 * Whether a room takes no more reservations and blocks. Its future becomes a leg of occupancy, from today on by its
 * location's calendar and without an end: the constraint decides. A guest who is checked in has the room
 * also past the last day, when no night is held any more.
 */
export const roomDecision: Decision<Holders> = {
  feed: FEEDS.rooms,

  async isAgreed(em, { hotel, id, version }) {
    const rows = await query(
      em,
      `select 1 from retired_room
       where hotel_id = $1 and room_id = $2 and version >= $3 and generation = replica_generation($4)`,
      [hotel, id, version, FEEDS.rooms],
    )
    return rows.length > 0
  },

  async inTheWay({ em, now }, { hotel, id }) {
    const rows = await query<{ id: string; holder: string }>(
      em,
      `with today as (${TODAY})
       select r.id, 'RESERVATION' as holder from reservation r, today
       where r.hotel_id = $1 and r.rooms @> array[$2::uuid] and r.delete_time is null and r.status <> 'CHECKED_OUT'
         and (r.hold_until is null or r.hold_until > $3::timestamptz)
         and (r.status = 'CHECKED_IN' or r.out_date >= today.date)
       union
       select o.holder_id, o.holder from occupancy o, today
       where o.hotel_id = $1 and o.room_id = $2 and o.during && daterange(today.date, 'infinity')
         and o.holder <> 'RETIRED' and (o.hold_until is null or o.hold_until > $3::timestamptz)
       order by id`,
      [hotel, id, now.toISOString()],
    )
    if (rows.length === 0) return undefined
    const of = (kind: string) => rows.filter(({ holder }) => holder === kind).map((row) => row.id)
    return { reservations: of('RESERVATION'), blocks: of('BLOCK') }
  },

  async retire(write, { hotel, id, version }) {
    const { em, now } = write
    const [room] = await query<{ version: number; generation: number; date: string }>(em, TODAY, [
      hotel,
      id,
      now.toISOString(),
    ])
    if (room === undefined) throw notFound('room', id)
    const generation = await generationOf(em, FEEDS.rooms)
    if (room.generation === generation && room.version > version) throw changedSince(room.version)
    await freeFromBefore(em, hotel, id, generation)
    try {
      const future = { room: id, inDate: room.date, outDate: 'infinity' }
      await hold(write, hotel, [{ id, holder: 'RETIRED', legs: [future] }])
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
    await query(
      em,
      `insert into retired_room as r (hotel_id, room_id, version, generation) values ($1, $2, $3, $4)
       on conflict (hotel_id, room_id) do update set version = excluded.version, generation = excluded.generation`,
      [hotel, id, version, generation],
    )
    return true
  },

  refusal: ({ id }, { reservations, blocks } = { reservations: [], blocks: [] }) =>
    precondition('ROOM_IN_USE', 'the room has current or future reservations or blocks', {
      room: id,
      reservations: reservations.slice(0, MOST_EXAMPLES).join(','),
      blocks: blocks.slice(0, MOST_EXAMPLES).join(','),
    }),
}

/** The version of a room that is known here, and today by its location's calendar. */
const TODAY = `
  select r.version, r.generation, location_date(l.time_zone, $3::timestamptz) as date
  from room r join location l on l.hotel_id = r.hotel_id and l.id = r.location_id
  where r.hotel_id = $1 and r.id = $2`

function changedSince(version: number): Refusal {
  const etag = etagOf(version)
  return etagMismatch(etag, `the room changed since it was marked: its etag is ${etag}`)
}

/** Frees what a decision about a version of an earlier generation holds: the one that is taken now holds it. */
async function freeFromBefore(em: EntityManager, hotel: string, room: string, generation: number): Promise<void> {
  await query(
    em,
    `with freed as (
       delete from retired_room t where t.hotel_id = $1 and t.room_id = $2 and t.generation < $3
       returning t.hotel_id, t.room_id)
     delete from occupancy o using freed where o.hotel_id = freed.hotel_id and o.holder_id = freed.room_id and o.holder = 'RETIRED'`,
    [hotel, room, generation],
  )
}

/** Gives a room its future back once a live one of a later version than that of the decision is known here. */
export async function liftRetirement(em: EntityManager, hotel: string, room: string): Promise<void> {
  await query(
    em,
    `with lifted as (
       delete from retired_room t using room r
       where t.hotel_id = $1 and t.room_id = $2 and r.hotel_id = t.hotel_id and r.id = t.room_id
         and r.delete_time is null and (r.generation, r.version) > (t.generation, t.version)
       returning t.hotel_id, t.room_id)
     delete from occupancy o using lifted where o.hotel_id = lifted.hotel_id and o.holder_id = lifted.room_id and o.holder = 'RETIRED'`,
    [hotel, room],
  )
}

import { query } from '@hotel/runtime/database/database'
import { precondition } from '@hotel/runtime/errors/refusal'
import { FEEDS } from '../replicas/feeds.ts'
import type { Decision } from './decision.ts'

/** Whether a guest takes no more reservations: the ids of what is current or to come stand against it. */
export const guestDecision: Decision<string[]> = {
  feed: FEEDS.guests,

  async isAgreed(em, { hotel, id, version }) {
    const rows = await query(
      em,
      `select 1 from retired_guest
       where hotel_id = $1 and guest_id = $2 and version >= $3 and generation = replica_generation($4)`,
      [hotel, id, version, FEEDS.guests],
    )
    return rows.length > 0
  },

  async inTheWay({ em, now }, { hotel, id }) {
    const rows = await query<{ id: string }>(
      em,
      `select r.id from reservation r join location l on l.hotel_id = r.hotel_id and l.id = r.location_id
       where r.hotel_id = $1 and r.guest_id = $2 and r.delete_time is null and r.status <> 'CHECKED_OUT'
         and (r.hold_until is null or r.hold_until > $3::timestamptz)
         and (r.status = 'CHECKED_IN' or r.out_date >= location_date(l.time_zone, $3::timestamptz))
       order by r.in_date limit 20`,
      [hotel, id, now.toISOString()],
    )
    return rows.length > 0 ? rows.map((row) => row.id) : undefined
  },

  async retire({ em }, { hotel, id, version }) {
    await query(
      em,
      `insert into retired_guest as r (hotel_id, guest_id, version, generation) values ($1, $2, $3, replica_generation($4))
       on conflict (hotel_id, guest_id) do update set generation = excluded.generation,
         version = case when excluded.generation = r.generation then greatest(r.version, excluded.version) else excluded.version end`,
      [hotel, id, version, FEEDS.guests],
    )
    return true
  },

  refusal: ({ id }, reservations = []) =>
    precondition('GUEST_HAS_RESERVATIONS', 'the guest has current or future reservations', {
      guest: id,
      reservations: reservations.join(','),
    }),
}

import type { RetirementServiceImplementation } from '@hotel/proto/hotel/reservations/v1/retirement'
import { query } from '@hotel/runtime/database'
import { precondition } from '@hotel/runtime/refusal'
import type { Writer } from '@hotel/runtime/write'

/** What other services leave to this one to decide, under the hotel's feed head. */
export function retirementService(writer: Writer): RetirementServiceImplementation {
  return {
    async retireGuest({ hotel, guest, version }) {
      await writer.system(hotel, async ({ em, now }) => {
        const rows = await query<{ id: string }>(
          em,
          `select r.id from reservation r join location l on l.hotel_id = r.hotel_id and l.id = r.location_id
           where r.hotel_id = $1 and r.guest_id = $2 and r.delete_time is null and r.status <> 'CHECKED_OUT'
             and (r.status = 'CHECKED_IN' or r.out_date >= location_date(l.time_zone, $3::timestamptz))
           order by r.in_date limit 20`,
          [hotel, guest, now.toISOString()],
        )
        if (rows.length > 0) {
          const reservations = rows.map(({ id }) => id).join(',')
          throw precondition('GUEST_HAS_RESERVATIONS', 'the guest has current or future reservations', {
            guest,
            reservations,
          })
        }
        await query(
          em,
          `insert into retired_guest as r values ($1, $2, $3)
           on conflict (hotel_id, guest_id) do update set version = greatest(r.version, excluded.version)`,
          [hotel, guest, Number(version)],
        )
      })
      return {}
    },
  }
}

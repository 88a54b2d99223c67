import { query } from '@hotel/runtime/database/database'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Caches } from '../cache/caches.ts'

/** A guest whose personal data was erased, and its version that holds none. */
type Erased = { readonly hotel: string; readonly guest: string; readonly version: bigint }

/** Erases what is kept here of a guest; safe to repeat. The triggers erase the view with the replica. */
export async function eraseGuest(writer: Writer, caches: Caches, { hotel, guest, version }: Erased): Promise<void> {
  await writer.system(hotel, async ({ em, now, actor }) => {
    await query(em, 'insert into erased_guest values ($1, $2) on conflict do nothing', [hotel, guest])
    await query(
      em,
      `insert into guest as g (hotel_id, id, first_name, version, delete_time) values ($1, $2, '[erased]', $3, $4)
       on conflict (hotel_id, id) do update set first_name = excluded.first_name, last_name = null,
         version = greatest(g.version, excluded.version), delete_time = coalesce(g.delete_time, excluded.delete_time)
       where g.first_name <> excluded.first_name or g.last_name is not null or g.version < excluded.version`,
      [hotel, guest, Number(version), now.toISOString()],
    )
    await query(
      em,
      `update reservation
       set note = null, reason = null, external_id = null, version = version + 1, update_time = $3, updated_by = $4
       where hotel_id = $1 and guest_id = $2 and (note is not null or reason is not null or external_id is not null)`,
      [hotel, guest, now.toISOString(), actor],
    )
    await query(em, 'select forget_guest($1, $2)', [hotel, guest])
  })
  await caches.clear()
}

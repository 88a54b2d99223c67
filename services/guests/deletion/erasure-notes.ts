import { type EntityManager, query } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import type { Wanted } from '@hotel/runtime/resource/retirement/retirement'
import type { Writer } from '@hotel/runtime/resource/write'
import { Guest } from '../guest/guest.ts'

/** Whether a guest is to be erased. */
export async function hasErasure(em: EntityManager, hotel: string, guest: string): Promise<boolean> {
  const wanted = 'select from erasure where hotel_id = $1 and guest_id = $2 and finish_time is null'
  return (await query(em, wanted, [hotel, guest])).length > 0
}

/** Notes that a guest is to be erased, unless it is; gives how it is now. Throws what `demandVersion` throws. */
export async function noteWanted(writer: Writer, { hotel, id, actor, demandVersion }: Wanted, signal: AbortSignal) {
  return writer.underHead(hotel, signal, {
    load: (em) => find(em, Guest, hotel, id),
    async apply({ em }, { eraseTime, version }) {
      if (eraseTime) return { isErased: true, version }
      demandVersion(version)
      await query(
        em,
        `insert into erasure (hotel_id, guest_id, ask_time, asked_by) values ($1, $2, clock_timestamp(), $3)
         on conflict (hotel_id, guest_id) do update set ask_time = excluded.ask_time, finish_time = null`,
        [hotel, id, actor],
      )
      return { isErased: false, version }
    },
  })
}

/** Notes something of an erasure. */
export async function note(
  writer: Writer,
  hotel: string,
  id: string,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const statement = `update erasure set ${what} where hotel_id = $1 and guest_id = $2`
  await writer.underHead(hotel, signal, { apply: ({ em }) => query(em, statement, [hotel, id]) })
}

/** An erasure is not wanted any more, unless it was wanted once and for all. */
export async function forget(writer: Writer, hotel: string, id: string, signal: AbortSignal): Promise<void> {
  const statement = 'delete from erasure where hotel_id = $1 and guest_id = $2 and not standing'
  await writer.underHead(hotel, signal, { apply: ({ em }) => query(em, statement, [hotel, id]) })
}

import type { ServiceName } from '@hotel/stack/service-names'
import { restDoor } from '../clients/doors.ts'
import { day } from '../clients/requests.ts'
import type { Change, Final, Json, World } from '../history/evidence.ts'
import { FINALE_DAYS, FINALES } from '../plan/finale.ts'
import type { House } from './house.ts'

const CHANGES = `select hotel_id as hotel, seq::int, resource, id, version, kind, actor, payload,
  to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time from change order by hotel_id, seq`
const LEGS = `select hotel_id as hotel, holder_id as holder, holder as kind, room_id as room, in_date::text as from,
  out_date::text as until from occupancy where hold_until is null or hold_until > clock_timestamp()`
const TABLES: readonly (readonly [ServiceName, string])[] = [
  ['reservations', 'reservation'],
  ['reservations', 'room_block'],
  ['guests', 'guest'],
  ['rooms', 'room'],
]

/** Reads what there is, from the databases and by the API. */
export async function readFinal(house: House, world: World, stuck: readonly string[]): Promise<Final> {
  const changesOf = (service: ServiceName) => house.sql<Change>(service, CHANGES)
  const [reservations, guests, rooms] = await Promise.all([
    changesOf('reservations'),
    changesOf('guests'),
    changesOf('rooms'),
  ])
  const heads = await Promise.all(
    (['reservations', 'guests', 'rooms'] as const).map(async (service) => {
      const found = await house.sql<{ hotel: string; seq: number }>(
        service,
        'select hotel_id as hotel, seq::int from feed_head where seq > 0',
      )
      return found.map((head) => ({ service, ...head }))
    }),
  )
  const rows = await Promise.all(
    TABLES.map(async ([service, resource]) => {
      const found = await house.sql<{ row: Json }>(service, `select to_jsonb(t) as row from ${resource} t`)
      return found.map(({ row }) => ({ service, resource, row }))
    }),
  )
  const door = restDoor(house.doors[0] ?? '')
  const token = await house.mint('reader')
  const ask = async (method: string, request: Json): Promise<Json> => {
    const outcome = await door.send({ method, request }, { token, key: undefined })
    if (outcome.is !== 'ok') throw new Error(`${method} after the run: ${JSON.stringify(outcome)}`)
    return outcome.answer
  }
  try {
    const free: Json[] = []
    const stays: Json[] = []
    for (const { hotel, location, today } of world.places) {
      const dates = { in_date: today, out_date: day(today, FINALE_DAYS + FINALES) }
      free.push(await ask('ListRoomAvailability', { location, ...dates, page_size: 500 }))
      stays.push(await ask('ListCurrentAndUpcoming', { hotel, location, page_size: 500 }))
    }
    return {
      changes: { reservations, guests, rooms },
      heads: heads.flat(),
      rows: rows.flat(),
      legs: await house.sql('reservations', LEGS),
      viewDiffers: await house.sql('reservations', 'select * from verify_current_and_upcoming()'),
      free,
      stays,
      stuck: [...stuck],
    }
  } finally {
    door.close()
  }
}

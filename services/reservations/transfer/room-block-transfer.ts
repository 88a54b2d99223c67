import type { RoomBlock as RoomBlockMessage } from '@hotel/proto/hotel/reservations/v1/blocks'
import { valid } from '@hotel/runtime/call/valid'
import { query } from '@hotel/runtime/database/database'
import { invalidFields, Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { exportEntities } from '@hotel/runtime/transfer/export-rows'
import { type ImportPlan, importFields, importRows } from '@hotel/runtime/transfer/import-rows'
import type { ImportRow } from '@hotel/runtime/transfer/stored-rows'
import type { Importing, Transfer } from '@hotel/runtime/transfer/transfer'
import { ROOM_BLOCK_SIZE, RoomBlock, roomBlockFields } from '../blocks/room-block.ts'
import { endOf, legsOf, stay } from '../nights/stay.ts'
import type { Place } from '../replicas/guest-and-rooms.ts'
import { assumedParties } from './assumed-parties.ts'
import { storeHolders } from './imported-nights.ts'
import { partyViolations, placeOf, placesOf } from './imported-parties.ts'
import type { TransferDeps } from './transfer-deps.ts'

/** Room blocks in bulk. */
export function roomBlockTransfer(deps: TransferDeps): Transfer<RoomBlockMessage> {
  return {
    import: (blocks, importing) => importRows(deps.writer, roomBlockPlan(deps, importing), blocks, importing),
    export: (call) =>
      exportEntities(deps.exportsFrom, call.signal, { table: 'room_block', bytes: ROOM_BLOCK_SIZE.bytes }, RoomBlock),
  }
}

type BlockRow = ImportRow & {
  room_id: string
  location_id: string
  in_date: string
  out_date: string
  reason: string | null
}

function roomBlockPlan(deps: TransferDeps, importing: Importing): ImportPlan<RoomBlockMessage, BlockRow> {
  const assumed = assumedParties(importing.assumed)
  let places: ReadonlyMap<string, Place> = new Map()
  const nightsOf = ({ in_date, out_date, room_id, delete_time }: BlockRow) =>
    delete_time === null ? legsOf({ inDate: in_date, outDate: out_date }, [room_id]) : []
  return {
    table: 'room_block',
    async hotels(blocks, { signal }) {
      const rooms = blocks.map(({ room }) => room)
      const live = blocks.filter(({ delete_time }) => delete_time === undefined).map(({ room }) => room)
      places = await placesOf(deps, { rooms, guests: [], live }, assumed, signal)
      return blocks.map((block) => {
        const place = placeOf(places, [block.room], block)
        return place instanceof Refusal ? place : place.hotel
      })
    },
    row(block, hotel) {
      const { room, in_date, out_date, ...fields } = valid(block, { ...importFields, ...roomBlockFields })
      const dates = stay(in_date, out_date)
      const location_id = places.get(room)?.location ?? ''
      return { hotel_id: hotel, location_id, room_id: room, in_date: dates.inDate, out_date: dates.outDate, ...fields }
    },
    assume: assumed.assume,
    async store(write, rows) {
      const refusals = new Map<BlockRow, Refusal>()
      const [first] = rows
      if (first === undefined) return refusals
      const today = await todayOf(write, first.hotel_id)
      const needs = rows.map((row) => {
        const end = endOf({ inDate: row.in_date, outDate: row.out_date })
        return { rooms: [row.room_id], isOpen: row.delete_time === null && end > (today.get(row.location_id) ?? '') }
      })
      for (const [index, violations] of await partyViolations(write, first.hotel_id, needs))
        refusals.set(rows[index] as BlockRow, invalidFields(violations))
      return storeHolders(write, { table: 'room_block', holder: 'BLOCK' }, rows, refusals, nightsOf)
    },
  }
}

async function todayOf({ em, now }: Write, hotel: string): Promise<Map<string, string>> {
  const rows = await query<{ id: string; today: string }>(
    em,
    'select id, location_date(time_zone, $2::timestamptz) as today from location where hotel_id = $1',
    [hotel, now.toISOString()],
  )
  return new Map(rows.map(({ id, today }) => [id, today]))
}

import { Room, RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { openPool, serveBare } from './serve.ts'

/** GetRoom by one named statement, and nothing else. */
const { methods, ...service } = RoomServiceDefinition
const definition = { ...service, methods: { getRoom: methods.getRoom } }
const pool = openPool()

const get = {
  name: 'get',
  text: `select hotel_id, id, location_id, number, room_type_id, version, create_time, update_time, delete_time
    from room where id = $1`,
}

await serveBare((server) =>
  server.add(definition, {
    getRoom: async ({ id }) => messageOf((await pool.query<Row>({ ...get, values: [id] })).rows[0]),
  }),
)

type Row = {
  readonly hotel_id: string
  readonly id: string
  readonly location_id: string
  readonly number: string
  readonly room_type_id: string | null
  readonly version: number
  readonly create_time: Date
  readonly update_time: Date
  readonly delete_time: Date | null
}

function messageOf(row: Row | undefined): Room {
  if (row === undefined) throw new Error('there is no such room')
  return Room.fromPartial({
    id: row.id,
    hotel: row.hotel_id,
    location: row.location_id,
    number: row.number,
    room_type: row.room_type_id ?? undefined,
    create_time: row.create_time,
    update_time: row.update_time,
    delete_time: row.delete_time ?? undefined,
    etag: `"${row.version}"`,
  })
}

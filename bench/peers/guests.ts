import { type Guest, GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import { openPool, serveBare } from './serve.ts'

/** GetGuest and ListGuests by one named statement each, and nothing else. */
const { methods, ...service } = GuestServiceDefinition
const definition = { ...service, methods: { getGuest: methods.getGuest, listGuests: methods.listGuests } }
const pool = openPool()

const COLUMNS = 'hotel_id, id, first_name, last_name, email, phone, version, create_time, update_time, delete_time'
const get = { name: 'get', text: `select ${COLUMNS} from guest where id = $1` }
const list = {
  name: 'list',
  text: `select ${COLUMNS} from guest where hotel_id = $1 and delete_time is null
    order by last_name is null, coalesce(last_name, '') collate "und-x-icu", first_name collate "und-x-icu", id limit $2`,
}

await serveBare((server) =>
  server.add(definition, {
    getGuest: async ({ id }) => messageOf((await pool.query<Row>({ ...get, values: [id] })).rows[0]),
    listGuests: async ({ hotel, page_size }) => {
      const { rows } = await pool.query<Row>({ ...list, values: [hotel, page_size] })
      return { guests: rows.map(messageOf), next_page_token: '' }
    },
  }),
)

type Row = {
  readonly hotel_id: string
  readonly id: string
  readonly first_name: string
  readonly last_name: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly version: number
  readonly create_time: Date
  readonly update_time: Date
  readonly delete_time: Date | null
}

function messageOf(row: Row | undefined): Guest {
  if (row === undefined) throw new Error('there is no such guest')
  return {
    id: row.id,
    hotel: row.hotel_id,
    first_name: row.first_name,
    last_name: row.last_name ?? undefined,
    email: row.email ?? undefined,
    phone: row.phone ?? undefined,
    create_time: row.create_time,
    update_time: row.update_time,
    delete_time: row.delete_time ?? undefined,
    etag: `"${row.version}"`,
    erase_time: undefined,
    retiring_time: undefined,
  }
}

import createClient from 'openapi-fetch'
import type { components, paths } from './openapi.ts'

type Reservation = components['schemas']['Reservation']

/**
 * Books a room by the types that openapi-typescript makes of the served document, tries to book it again, and checks the
 * guest in. Prints the steps as JSON. The argument is the gateway's address; the token is in
 * HOTEL_TOKEN.
 */
async function main(baseUrl: string): Promise<void> {
  const headers = { authorization: `Bearer ${process.env.HOTEL_TOKEN}` }
  const api = createClient<paths>({ baseUrl, headers })
  const guest = needed(await api.POST('/guests', { body: { first_name: 'Ada', last_name: 'Lovelace' } }))
  const room = needed(await api.POST('/rooms', { body: { number: `TS ${Date.now()}` } }))
  const today = new Date().toISOString().slice(0, 10)
  const body = { guest: guest.id, room: room.id, in_date: today, out_date: today }

  // The key makes it safe to send this again when no answer came.
  const header = { 'idempotency-key': crypto.randomUUID() }
  const created = await api.POST('/reservations', { params: { header }, body })
  const booked: Reservation = needed(created)
  const again = await api.POST('/reservations', { params: { header }, body })
  const refused = await api.POST('/reservations', { body })

  const path = { id: booked.id }
  const checkedIn = needed(
    await api.PATCH('/reservations/{id}', {
      params: { path, header: { 'if-match': booked.etag } },
      body: { status: 'CHECKED_IN' },
    }),
  )
  const stays = needed(await api.GET('/reservations/current', { params: { query: { page_size: 10 } } }))
  console.log(
    JSON.stringify({
      location: created.response.headers.get('location'),
      replayed: again.response.headers.get('idempotent-replayed') === 'true' && again.data?.id === booked.id,
      refused: refused.error && { code: refused.error.code, reasons: reasonsOf(refused.error) },
      status: checkedIn.status,
      stay: stays.reservations.find(({ reservation }) => reservation === booked.id)?.room_number === room.number,
    }),
  )
}

/** The data of an answer; throws what the API said instead. */
function needed<T>({
  data,
  error,
  response,
}: {
  data?: T
  error?: components['schemas']['Status']
  response: Response
}): T {
  if (data === undefined) throw new Error(`${response.status}: ${error?.message ?? 'no answer of the API'}`)
  return data
}

function reasonsOf({ details }: components['schemas']['Status']): string[] {
  return details.flatMap((detail) => ('reason' in detail ? [detail.reason] : []))
}

await main(process.argv[2] ?? 'http://127.0.0.1:8000')

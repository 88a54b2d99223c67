import createClient from 'openapi-fetch'
import type { paths } from './openapi.d.ts'

// Books a room by the types that openapi-typescript makes, and is refused the second time. Prints the reason.
declare const process: { argv: string[]; env: Record<string, string> }
const { HOTEL_TOKEN, HOTEL_ID, HOTEL_LOCATION } = process.env
const api = createClient<paths>({ baseUrl: process.argv[2], headers: { authorization: `Bearer ${HOTEL_TOKEN}` } })
const { data: guest } = await api.POST('/guests', { body: { first_name: 'Ada', hotel: HOTEL_ID } })
const { data: room } = await api.POST('/rooms', { body: { number: `TS ${Date.now()}`, location: HOTEL_LOCATION } })
const body = { guest: guest?.id ?? '', room: room?.id, in_date: '2030-05-01', out_date: '2030-05-04' }
const header = { 'idempotency-key': crypto.randomUUID() }
const { error } = await api.POST('/reservations', { params: { header }, body })
if (error) throw new Error(error.message)
const refused = await api.POST('/reservations', { body })
console.log(refused.error?.details.flatMap((detail) => ('reason' in detail ? [detail.reason] : []))[0])

import { randomUUID } from 'node:crypto'
import { CreateGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { ServiceName } from '@hotel/stack/service-names'
import type { Client } from 'pg'
import { type Home, openHome } from '../data/home.ts'
import { fillHotels } from '../data/hotels.ts'
import { idOf } from '../data/house.ts'
import { cpuClock } from '../frame/cpu.ts'
import { sizesOf } from '../run.ts'
import { connections } from '../soak/connections.ts'
import { load } from '../soak/load.ts'
import { deskMix } from '../soak/mix.ts'

/** What a simulation needs and no figure of the bench has, measured on a suite of its own. */
export type MeasuredRows = {
  readonly at: string
  /** Bytes on disk with all indexes, by table: in its own database, or in that of reservations. */
  readonly bytesPerRow: Readonly<Record<string, number>>
  /** What one new reservation adds to the database and to its log. */
  readonly createBytes: number
  readonly createWalBytes: number
  /** Processor time to follow a change of another hotel each time, in microseconds: of the follower, and of Postgres. */
  readonly followMicros: { readonly service: number; readonly postgres: number }
}

const CREATE_SECONDS = 8
const IN_FLIGHT = 32
const HOTELS = 1_000

/** Measures the bytes of rows and the work of following a feed: in about a minute. */
export async function measureRows(): Promise<MeasuredRows> {
  await using home = await openHome({ ...sizesOf(true), arrivals: 1 })
  await fillHotels(home.adminUrl, HOTELS)
  const rows = { ...(await ownRows(home)), ...(await replicaRows(home)) }
  return {
    at: new Date().toISOString(),
    bytesPerRow: rows,
    ...(await creates(home)),
    followMicros: await following(home),
  }
}

function inDatabase<T>({ adminUrl }: Home, service: ServiceName, work: (client: Client) => Promise<T>): Promise<T> {
  return administer(databaseUrl(adminUrl, service), work)
}

async function ownRows(home: Home): Promise<Record<string, number>> {
  return {
    guest: await inDatabase(home, 'guests', (client) => bytesPerRow(client, 'guest')),
    room: await inDatabase(home, 'rooms', (client) => bytesPerRow(client, 'room')),
  }
}

async function replicaRows(home: Home): Promise<Record<string, number>> {
  return inDatabase(home, 'reservations', async (client) => ({
    'copy of a guest': await bytesPerRow(client, 'guest'),
    'copy of a room': await bytesPerRow(client, 'room'),
  }))
}

async function bytesPerRow(client: Client, table: string): Promise<number> {
  await client.query(`vacuum analyze ${table}`)
  const { rows } = await client.query<{ bytes: string }>(
    `select pg_total_relation_size('${table}'::regclass) / count(*) as bytes from ${table}`,
  )
  return Number(rows[0]?.bytes)
}

/** What reservations add that are made as clients make them: by the gateway, with a key each. */
async function creates(home: Home): Promise<Pick<MeasuredRows, 'createBytes' | 'createWalBytes'>> {
  const kinds = deskMix(home.house, 1).filter(({ hasKey }) => hasKey)
  using driven = load({ address: gatewayOf(home), tokens: [home.token], kinds, keys: `${randomUUID()}-`, first: 0 })
  const look = () =>
    inDatabase(home, 'reservations', async (client) => {
      const { rows } = await client.query<{ bytes: string; wal: string }>(
        `select pg_database_size(current_database()) as bytes, pg_current_wal_lsn() - '0/0'::pg_lsn as wal`,
      )
      return { bytes: Number(rows[0]?.bytes), wal: Number(rows[0]?.wal) }
    })
  // Tables that have grown already grow by what is added, and not by what is laid out.
  await driven.run({ inFlight: IN_FLIGHT }, 2)
  const before = await look()
  const { creates } = await driven.run({ inFlight: IN_FLIGHT }, CREATE_SECONDS)
  const after = await look()
  return {
    createBytes: (after.bytes - before.bytes) / creates.acknowledged,
    createWalBytes: (after.wal - before.wal) / creates.acknowledged,
  }
}

const FOLLOWED_WITHIN_MS = 120_000
const LOOK_EVERY_MS = 250

/** Makes a guest in each of many hotels, and waits until reservations has them all. */
async function following(home: Home): Promise<MeasuredRows['followMicros']> {
  const { reservations } = home.stack.services
  const clocks = [cpuClock([reservations.instances[0]?.pid ?? 0]), cpuClock([home.stack.postgres?.process.pid ?? 0])]
  const look = () => Promise.all(clocks.map(async (clock) => (await clock()) ?? 0))
  const stopped = reservations.instances[0]?.pid ?? 0
  return inDatabase(home, 'reservations', async (client) => {
    const known = async () => {
      const { rows } = await client.query<{ count: string }>('select count(*) from guest')
      return Number(rows[0]?.count)
    }
    const before = await known()
    // What is made while nobody follows is followed afterwards: so that only this is measured.
    process.kill(stopped, 'SIGSTOP')
    await createGuests(home).finally(() => process.kill(stopped, 'SIGCONT'))
    const began = await look()
    const deadline = Date.now() + FOLLOWED_WITHIN_MS
    while ((await known()) < before + HOTELS) {
      if (Date.now() > deadline) throw new Error('reservations has not followed the guests in time')
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
    const [service = 0, postgres = 0] = (await look()).map((time, n) => ((time - (began[n] ?? 0)) * 1_000) / HOTELS)
    return { service, postgres }
  })
}

async function createGuests({ stack, token }: Home): Promise<void> {
  const line = connections(stack.addresses.guests[0] ?? '')
  const path = '/hotel.guests.v1.GuestService/CreateGuest'
  const headers = { authorization: `Bearer ${token}` }
  for (let n = 0; n < HOTELS; n++) {
    const request = CreateGuestRequest.fromPartial({ hotel: idOf('hotel', n), first_name: 'Ada' })
    const ending = await line.call(path, CreateGuestRequest.encode(request).finish(), headers)
    if (ending?.code !== 'OK') throw new Error(`CreateGuest ended as ${ending?.code} ${ending?.details}`)
  }
  line.close()
}

function gatewayOf({ stack: { gateway } }: Home): string {
  if (gateway === undefined) throw new Error('the suite has no gateway')
  return `127.0.0.1:${gateway.port}`
}

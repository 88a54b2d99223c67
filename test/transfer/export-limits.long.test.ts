import { connect } from 'node:http2'
import { ExportRequest } from '@hotel/proto/hotel/transfer/v1/transfer'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { transfers } from './transfers.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ redis: false, env: { guests: { EXPORT_PATIENCE: '2' } } })
  // More than the buffers of the kernel take.
  await suite.sql(
    'guests',
    `with written as materialized (select begin_write($1, '0') as now)
     insert into guest (hotel_id, id, first_name, last_name, create_time, update_time, updated_by)
     select $1, uuidv7(), 'Ada', repeat('\u{1F600}', 100), now, now, 'filled' from written, generate_series(1, 40000)`,
    ['00000000-0000-7000-8000-000000000001'],
  )
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** An export that nobody reads, on a connection of its own; reports the end of its stream. */
function neverRead(token: string): { closed: Promise<void>; destroy(): void } {
  const session = connect(`http://${suite.stack.addresses.guests[0]}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/hotel.transfer.v1.TransferService/Export',
    'content-type': 'application/grpc',
    authorization: `Bearer ${token}`,
    te: 'trailers',
  })
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  stream.on('error', () => undefined).on('close', resolve)
  const message = ExportRequest.encode(ExportRequest.fromPartial({ resource: 'guests' })).finish()
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]))
  return { closed, destroy: () => session.destroy() }
}

/** How many transactions that read a snapshot are open. */
const snapshots = async () =>
  (
    await suite.sql(
      'guests',
      `select pid from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
    )
  ).length

async function begin(token: string): Promise<void> {
  using guests = transfers(suite, 'guests', token)
  for await (const _ of guests.export('guests')) return
}

test('exports that nobody reads take no connection of others, are few, and end; the next ones have their places', async () => {
  const tokens = await Promise.all(['a', 'b', 'c'].map((subject) => suite.token({ subject })))
  const [a = '', b = '', c = ''] = tokens
  const { id } = await suite.guests.createGuest({ first_name: 'Grace' })
  const stalled = [a, a, b, b].map(neverRead)
  await eventually(async () => expect(await snapshots()).toBe(4))
  await expect(begin(a)).rejects.toRefuse(Status.RESOURCE_EXHAUSTED, 'TOO_MANY_EXPORTS', { limit: '2', of: 'SUBJECT' })
  await expect(begin(c)).rejects.toRefuse(Status.RESOURCE_EXHAUSTED, 'TOO_MANY_EXPORTS', { limit: '4', of: 'SERVICE' })
  const others = Array.from({ length: 30 }, async () => {
    await suite.gateway.guests.getGuest({ id })
    await suite.gateway.guests.updateGuest({ id, last_name: 'Hopper' })
    expect((await suite.rest('GET', '/healthz')).status).toBe(200)
  })
  await Promise.all(others)
  // The transactions end first, then the streams themselves.
  await eventually(async () => expect(await snapshots()).toBe(0), 30_000)
  await Promise.all(stalled.map(({ closed }) => closed))
  await begin(c)
  for (const { destroy } of stalled) destroy()
})

test('one that is read is whole, and its place is free afterwards', async () => {
  for (let round = 0; round < 3; round++) {
    using guests = transfers(suite, 'guests')
    const ids = new Set<string>()
    for await (const { batch } of guests.export('guests')) for (const { id } of batch?.guests ?? []) ids.add(id)
    expect(ids.size).toBe(40_001)
  }
})

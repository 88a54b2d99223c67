import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { framed, rawGrpc } from '../edge/raw-grpc.ts'
import { methods } from '../fuzz/documented.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'
import { type Caller, ended, protocols, webClient } from './clients.ts'

const ROOMS = 'hotel.rooms.v1.RoomService'
const RESERVATIONS = 'hotel.reservations.v1.ReservationService'

let suite: Suite
let caller: Caller
beforeAll(async () => {
  suite = await sharedSuite()
  caller = { address: suite.gateway.address, token: suite.testerToken }
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

describe.each(protocols)('by %s a page', (protocol) => {
  const client = (service: string, as = caller) => webClient(service, as, protocol)

  test('makes, reads and lists; a repeat by the same key is told', async () => {
    const [number, seen] = [freshNumber(), [] as (string | null)[]]
    const headers = { 'idempotency-key': `web-${number}` }
    const onHeader = (answer: Headers) => void seen.push(answer.get('idempotent-replayed'))
    const first = await client(ROOMS)('createRoom', { number }, { headers, onHeader })
    const again = await client(ROOMS)('createRoom', { number }, { headers, onHeader })
    expect([again.id, again.number, seen]).toEqual([first.id, number, [null, 'true']])
    expect(await client(ROOMS)('getRoom', { id: first.id })).toMatchObject({ id: first.id, etag: '"1"' })
    const { rooms } = await client(ROOMS)('listRooms', {})
    expect(rooms.map(({ id }: { id: string }) => id)).toContain(first.id)
  })

  test('reads an answer that is larger than what a connection holds', async () => {
    const text = 'x'.repeat(200)
    const made = Array.from({ length: 200 }, () => suite.guests.createGuest({ first_name: text, last_name: text }))
    await Promise.all(made)
    const { guests } = await client('hotel.guests.v1.GuestService')('listGuests', { pageSize: 200 })
    expect(guests.length).toBe(200)
  })

  test('reads why it is refused, from the details', async () => {
    const create = await ended(client(RESERVATIONS)('createReservation', {}))
    const fields = ['in_date', 'out_date', 'guest', 'room']
    expect(create).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', fields })
    const unknown = await ended(client(ROOMS)('getRoom', { id: 'Zoë "x" \\ 5 %' }))
    const message = 'no room has the id Zoë "x" \\ 5 %'
    expect(unknown).toMatchObject({ code: 'NOT_FOUND', reason: 'RESOURCE_NOT_FOUND', message })
    expect(unknown.metadata).toMatchObject({ resource: 'room' })
  })

  test('watches: what happens comes at once; a watch that is refused says why', async () => {
    const watching = client(ROOMS)('watchRooms', { hotel: suite.hotel, fromNow: true })[Symbol.asyncIterator]()
    // Before it nothing has happened: it is the cursor alone.
    expect((await watching.next()).value.changes).toEqual([])
    for (const number of [freshNumber(), freshNumber()]) {
      await suite.rooms.createRoom({ number })
      const { changes } = (await watching.next()).value
      expect(changes.map(({ room }: { room: { number: string } }) => room.number)).toEqual([number])
    }
    await watching.return?.()
    const refused = await ended(client(ROOMS)('watchRooms', { hotel: 'x' }))
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', fields: ['hotel'] })
  })

  test('asks for the health of all without a token, once and as it changes', async () => {
    const health = client('grpc.health.v1.Health', { address: caller.address })
    expect(await health('check', {})).toMatchObject({ status: 1 })
    const watching = health('watch', { service: '' })[Symbol.asyncIterator]()
    expect((await watching.next()).value).toMatchObject({ status: 1 })
    await watching.return?.()
  })

  test('has every method that gRPC has, with the same refusals', async () => {
    const open = methods.filter(({ isPublic }) => isPublic)
    expect(open.length).toBeGreaterThan(50)
    for (const token of [undefined, 'no.valid.token', await suite.token({ scopes: [] }), suite.testerToken])
      for (const { desc, path } of open) {
        const native = await rawGrpc(caller.address, path, { body: framed(Buffer.alloc(0)), ...(token && { token }) })
        const {
          code,
          reason = '',
          message,
        } = await ended(client(desc.parent.typeName, { ...caller, token })(desc.localName, {}))
        const expected = { code: native.code, reason: native.reason, message: native.message }
        expect({ path, code, reason, message }).toEqual({ path, ...expected })
      }
  })
})

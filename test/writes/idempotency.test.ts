import { perService } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { withholdingProxy } from '../feeds/withholding-proxy.ts'
import { createClients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const keyed = (key: string) => ({ metadata: Metadata({ 'idempotency-key': key }) })

describe('an idempotency key', () => {
  test('32 times in parallel: one reservation, 32 equal answers', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const request = { guest, room, in_date: day(1), out_date: day(3) }
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => suite.gateway.reservations.createReservation(request, keyed('parallel'))),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
    const { reservations } = await suite.reservations.listReservations({ room })
    expect(reservations).toHaveLength(1)
  })

  test('gives the first answer as it was then, marked as replayed', async () => {
    const headers = { 'idempotency-key': 'first answer' }
    const badKey = await suite.rest('POST', '/guests', { body: { first_name: 'A' }, headers })
    expect(badKey.status).toBe(400)
    const good = { 'idempotency-key': 'first-answer' }
    const first = await suite.rest('POST', '/guests', { body: { first_name: 'Ada' }, headers: good })
    await suite.guests.updateGuest({ id: first.json.id, first_name: 'Augusta' })
    const again = await suite.rest('POST', '/guests', { body: { first_name: 'Ada' }, headers: good })
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.json).toEqual(first.json)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
  })

  test('with another body or method is refused', async () => {
    await suite.guests.createGuest({ first_name: 'Ada' }, keyed('reused'))
    const reuse = suite.guests.createGuest({ first_name: 'Bo' }, keyed('reused'))
    await expect(reuse).rejects.toRefuse(Status.INVALID_ARGUMENT, 'IDEMPOTENCY_KEY_REUSED', {
      idempotency_key: 'reused',
    })
  })

  test('of a refusal is free: the repeat is tried afresh', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const request = { guest, room, in_date: day(1), out_date: day(3) }
    const other = await suite.reservations.createReservation(request)
    const refused = suite.reservations.createReservation(request, keyed('afresh'))
    await expect(refused).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE')
    await suite.reservations.deleteReservation({ id: other.id })
    await expect(suite.reservations.createReservation(request, keyed('afresh'))).resolves.toMatchObject({ room })
  })

  test('holds for every write there is', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const { id } = await suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(3) })
    const twice = async (key: string, write: (options: ReturnType<typeof keyed>) => Promise<unknown>) =>
      expect(await write(keyed(key))).toEqual(await write(keyed(key)))
    await twice('w1', (options) => suite.reservations.updateReservation({ id, note: 'late' }, options))
    await twice('w2', (options) => suite.reservations.deleteReservation({ id, reason: 'ill' }, options))
    await twice('w3', (options) => suite.reservations.undeleteReservation({ id }, options))
    await suite.reservations.deleteReservation({ id })
    await twice('w4', (options) => suite.guests.deleteGuest({ id: guest }, options))
    await twice('w5', (options) => suite.guests.undeleteGuest({ id: guest }, options))
    await twice('w6', (options) => suite.hotels.createHotel({ name: 'Other' }, options))
    await twice('w7', (options) => suite.locations.createLocation({ name: 'Annex', time_zone: 'UTC' }, options))
    const number = freshNumber()
    await twice('w8', (options) => suite.rooms.replaceRoom({ id: room, number }, options))
  })
})

test('the service killed between effect and answer: the repeat gives the first answer', async () => {
  const { guest, room } = await guestAndRoom(suite)
  const request = { guest, room, in_date: day(1), out_date: day(3) }
  const [host = '', port = ''] = (suite.stack.addresses.reservations[0] ?? '').split(':')
  const stored = async () => {
    const rows = await suite.sql<{ id: string }>('reservations', 'select id from reservation where $1 = any(rooms)', [
      room,
    ])
    if (rows.length === 0) throw new Error('not committed yet')
    return rows
  }
  await using proxy = await withholdingProxy(host, Number(port))
  const through = createClients(
    perService(() => proxy.address),
    suite.testerToken,
  )
  await through.clients.reservations.listReservations({ room })
  proxy.withhold()
  const lost = through.clients.reservations.createReservation(request, keyed('lost'))
  lost.catch(() => undefined)
  await eventually(stored)
  await suite.stack.services.reservations.kill('SIGKILL')
  await expect(lost).rejects.toMatchObject({ code: Status.UNAVAILABLE })
  through.close()
  await suite.stack.services.reservations.start()

  const repeated = await eventually(() => suite.reservations.createReservation(request, keyed('lost')))
  expect(await stored()).toEqual([{ id: repeated.id }])
})

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Status, reason and the named fields of a refusal. */
function refusal({ status, json }: RestAnswer): unknown[] {
  const [{ reason }, badRequest] = json.details
  const violations: { field: string }[] = badRequest?.field_violations ?? []
  return [status, reason, ...violations.map(({ field }) => field).sort()]
}

const post = (path: string, body: unknown) => suite.rest('POST', path, { body })
const patch = (path: string, body: unknown) => suite.rest('PATCH', path, { body })

async function newGuest(body: object = { first_name: 'Ada', last_name: 'Lovelace' }) {
  const { json } = await post('/guests', body)
  return { id: json.id as string, path: `/guests/${json.id}`, json }
}

/** A reservation of a new guest in a new room that went through these statuses. */
async function reserved(from: number, to: number, ...statuses: string[]) {
  const body = { ...(await guestAndRoom(suite)), in_date: day(from), out_date: day(to) }
  const { json: made } = await post('/reservations', body)
  const path = `/reservations/${made.id}`
  for (const status of statuses) expect((await patch(path, { status })).status).toBe(200)
  return { body, path, json: (await suite.rest('GET', path)).json }
}

describe('a deleted guest', () => {
  test('is kept with delete_time, left out of lists, not to be changed, and comes back', async () => {
    const { id, path, json } = await newGuest({ first_name: 'Removed', last_name: 'Once' })
    const deleted = await suite.rest('DELETE', path)
    expect(deleted).toMatchObject({ status: 200, json: { id, delete_time: expect.any(String) } })
    expect((await suite.rest('GET', path)).json).toEqual(deleted.json)
    expect((await suite.rest('GET', '/guests?query=removed')).json.guests).toEqual([])
    const all = await suite.rest('GET', '/guests?query=removed&show_deleted=true')
    expect(all.json.guests).toEqual([deleted.json])
    for (const [method, body] of [
      ['PATCH', {}],
      ['PUT', { first_name: 'Ada' }],
      ['DELETE', undefined],
    ] as const) {
      expect(refusal(await suite.rest(method, path, { body }))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    }
    const restored = await suite.rest('POST', `${path}:undelete`)
    expect(restored.status).toBe(200)
    expect(restored.json).toEqual({ ...json, etag: restored.json.etag, update_time: restored.json.update_time })
    expect(refusal(await suite.rest('POST', `${path}:undelete`))).toEqual([400, 'ALREADY_LIVE'])
    expect((await suite.rest('GET', '/guests?query=removed')).json.guests).toEqual([restored.json])
  })

  test.each([
    ['a future one', 5, 6, false],
    ['one that ends tomorrow', -1, 1, false],
    ['a past one', -6, -5, true],
  ])('can not be one with %s among the reservations', async (_what, from, to, fits) => {
    const guest = await newGuest()
    const { room } = await guestAndRoom(suite)
    const body = { guest: guest.id, room, in_date: day(from), out_date: day(to) }
    const { json: reservation } = await post('/reservations', body)
    const answer = await suite.rest('DELETE', guest.path)
    if (fits) return expect(answer.status).toBe(200)
    expect(refusal(answer)).toEqual([400, 'GUEST_HAS_RESERVATIONS'])
    expect(answer.json.details[0].metadata.reservations).toContain(reservation.id)
    expect((await suite.rest('GET', guest.path)).json).toEqual(guest.json)
    await suite.rest('DELETE', `/reservations/${reservation.id}`)
    expect((await suite.rest('DELETE', guest.path)).status).toBe(200)
  })

  test('can not be booked for until restored', async () => {
    const guest = await newGuest()
    const { room } = await guestAndRoom(suite)
    await suite.rest('DELETE', guest.path)
    const body = { guest: guest.id, room, in_date: day(5), out_date: day(6) }
    expect(refusal(await post('/reservations', body))).toEqual([400, 'INVALID_FIELD', 'guest'])
    await suite.rest('POST', `${guest.path}:undelete`)
    await eventually(async () => expect((await post('/reservations', body)).status).toBe(201), 1_000)
  })
})

describe('a deleted reservation', () => {
  test('is kept with delete_time and reason, frees its nights, and takes them back if they are free', async () => {
    const { body, ...made } = await reserved(1, 3)
    const deleted = await suite.rest('DELETE', `${made.path}?reason=Ill`)
    expect(deleted).toMatchObject({ status: 200, json: { delete_time: expect.any(String), reason: 'Ill' } })
    expect((await suite.rest('GET', made.path)).json).toEqual(deleted.json)
    const list = `/reservations?room=${body.room}`
    expect((await suite.rest('GET', list)).json.reservations).toEqual([])
    expect((await suite.rest('GET', `${list}&show_deleted=true`)).json.reservations).toEqual([deleted.json])
    for (const answer of [
      await patch(made.path, {}),
      await suite.rest('PUT', made.path, { body }),
      await suite.rest('DELETE', made.path),
    ]) {
      expect(refusal(answer)).toEqual([404, 'RESOURCE_NOT_FOUND'])
    }
    const other = await post('/reservations', { ...body, in_date: day(2) })
    expect(other.status).toBe(201)
    expect(refusal(await suite.rest('POST', `${made.path}:undelete`))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    await suite.rest('DELETE', `/reservations/${other.json.id}`)
    const restored = await suite.rest('POST', `${made.path}:undelete`)
    expect(restored.status).toBe(200)
    const { etag, update_time } = restored.json
    expect(restored.json).toEqual({ ...made.json, etag, update_time })
    expect(refusal(await suite.rest('POST', `${made.path}:undelete`))).toEqual([400, 'ALREADY_LIVE'])
    expect(refusal(await post('/reservations', body))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
  })

  test('of a guest deleted since is not restored', async () => {
    const made = await reserved(1, 2)
    await suite.rest('DELETE', made.path)
    expect((await suite.rest('DELETE', `/guests/${made.json.guest}`)).status).toBe(200)
    const answer = await suite.rest('POST', `${made.path}:undelete`)
    expect(refusal(answer)).toEqual([400, 'GUEST_DELETED'])
    expect(answer.json.details[0].metadata).toEqual({ guest: made.json.guest })
  })

  test.each([[['CHECKED_IN']], [['CHECKED_IN', 'CHECKED_OUT']]])('is never one that is %j', async (statuses) => {
    const made = await reserved(-1, 0, ...statuses)
    const answer = await suite.rest('DELETE', made.path)
    expect([answer.status, answer.json.code]).toEqual([400, 9])
    expect((await suite.rest('GET', made.path)).json).toEqual(made.json)
  })
})

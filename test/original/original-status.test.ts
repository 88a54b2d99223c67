import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'

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

const path = ({ json }: RestAnswer) => `/reservations/${json.id}`
const post = (body: unknown) => suite.rest('POST', '/reservations', { body })
const patch = (reservation: RestAnswer, body: unknown) => suite.rest('PATCH', path(reservation), { body })
const read = async (reservation: RestAnswer) => (await suite.rest('GET', path(reservation))).json

/** A reservation of a new guest in a new room that went through these statuses. */
async function reserved(from: number, to: number, ...statuses: string[]) {
  let answer = await post({ ...(await guestAndRoom(suite)), in_date: day(from), out_date: day(to) })
  expect(answer.status).toBe(201)
  for (const status of statuses) {
    answer = await patch(answer, { status })
    expect(answer.status).toBe(200)
  }
  return answer
}

describe('the spelling of a status', () => {
  test.each(['CHECKED_IN', 'checked_in', 'Checked_In', 'checked-in', 'CHECKED-IN'])('%s is taken', async (status) => {
    const made = await reserved(0, 1)
    expect(await patch(made, { status })).toMatchObject({ status: 200, json: { status: 'CHECKED_IN' } })
    const body = { guest: made.json.guest, room: made.json.room, in_date: day(0), out_date: day(1), status }
    expect(await suite.rest('PUT', path(made), { body })).toMatchObject({ status: 200, json: { status: 'CHECKED_IN' } })
  })

  test.each(['gone', '', 'checkedin', 'checked in', ' CHECKED_IN', 'UNSPECIFIED', 2, true, ['PENDING']])(
    '%j is 400',
    async (status) => {
      const made = await reserved(0, 1)
      const { guest, room, in_date, out_date } = made.json
      const free = { guest, room, in_date: day(5), out_date: day(6), status }
      expect(refusal(await patch(made, { status }))).toEqual([400, 'INVALID_FIELD', 'status'])
      expect(refusal(await post(free))).toEqual([400, 'INVALID_FIELD', 'status'])
      const put = await suite.rest('PUT', path(made), { body: { guest, room, in_date, out_date, status } })
      expect(refusal(put)).toEqual([400, 'INVALID_FIELD', 'status'])
      expect(await read(made)).toEqual(made.json)
    },
  )
})

describe('the status at creation', () => {
  test.each(['PENDING', 'pending', null, undefined])('%j is 201', async (status) => {
    const body = { ...(await guestAndRoom(suite)), in_date: day(), out_date: day(1), status }
    expect(await post(body)).toMatchObject({ status: 201, json: { status: 'PENDING' } })
  })

  test.each(['CHECKED_IN', 'checked-in', 'checked_out'])('%s is 400', async (status) => {
    const body = { ...(await guestAndRoom(suite)), in_date: day(), out_date: day(), status }
    expect(refusal(await post(body))).toEqual([400, 'INVALID_FIELD', 'status'])
  })
})

describe('a transition', () => {
  test('forward sets the time of check-in, then of check-out', async () => {
    const made = await reserved(-1, 0)
    const began = Date.now()
    const { json: checkedIn } = await patch(made, { status: 'CHECKED_IN' })
    expect(Date.parse(checkedIn.checkin_datetime)).toBeGreaterThan(began - 1_000)
    expect(checkedIn.checkout_datetime).toBeUndefined()
    const { json: checkedOut } = await patch(made, { status: 'CHECKED_OUT' })
    expect(checkedOut.checkin_datetime).toBe(checkedIn.checkin_datetime)
    expect(Date.parse(checkedOut.checkout_datetime)).toBeGreaterThanOrEqual(Date.parse(checkedIn.checkin_datetime))
    expect(await read(made)).toEqual(checkedOut)
  })

  test.each([
    ['PENDING', []],
    ['CHECKED_IN', ['CHECKED_IN']],
    ['CHECKED_OUT', ['CHECKED_IN', 'CHECKED_OUT']],
  ])('%s to itself keeps the times', async (status, statuses) => {
    const made = await reserved(-1, 0, ...statuses)
    expect(await patch(made, { status })).toMatchObject({ status: 200, json: made.json })
    expect(await read(made)).toEqual(made.json)
  })

  test.each([
    ['PENDING', 'CHECKED_OUT', []],
    ['CHECKED_IN', 'PENDING', ['CHECKED_IN']],
    ['CHECKED_OUT', 'PENDING', ['CHECKED_IN', 'CHECKED_OUT']],
    ['CHECKED_OUT', 'CHECKED_IN', ['CHECKED_IN', 'CHECKED_OUT']],
  ])('from %s to %s is INVALID_TRANSITION', async (from, to, statuses) => {
    const made = await reserved(-1, 0, ...statuses)
    const answer = await patch(made, { status: to })
    expect(refusal(answer)).toEqual([400, 'INVALID_TRANSITION'])
    expect(answer.json.details[0].metadata).toEqual({ from, to })
    expect(await read(made)).toEqual(made.json)
  })

  test('check-in before in_date is too early', async () => {
    const made = await reserved(1, 2)
    const answer = await patch(made, { status: 'CHECKED_IN' })
    expect(refusal(answer)).toEqual([400, 'CHECK_IN_TOO_EARLY'])
    expect(answer.json.details[0].metadata).toEqual({ in_date: day(1), today: day() })
    expect(await read(made)).toEqual(made.json)
  })

  test('check-out before out_date is too early, and an early departure is one PATCH', async () => {
    const made = await reserved(-1, 3, 'CHECKED_IN')
    const answer = await patch(made, { status: 'CHECKED_OUT' })
    expect(refusal(answer)).toEqual([400, 'CHECK_OUT_TOO_EARLY'])
    expect(answer.json.details[0].metadata).toEqual({ out_date: day(3), today: day() })
    expect(await read(made)).toEqual(made.json)
    const { guest, room } = made.json
    const rest = { guest, room, in_date: day(), out_date: day(3) }
    expect(refusal(await post(rest))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    const left = await patch(made, { status: 'CHECKED_OUT', out_date: day() })
    expect(left).toMatchObject({ status: 200, json: { status: 'CHECKED_OUT', out_date: day() } })
    expect((await post(rest)).status).toBe(201)
  })
})

describe('current_and_upcoming', () => {
  type Stay = Record<string, string>
  const stayOf = (made: RestAnswer) => suite.rest('GET', `/reservations/current_and_upcoming/${made.json.id}`)
  const list = async (): Promise<Stay[]> =>
    (await suite.rest('GET', '/reservations/current_and_upcoming?page_size=500')).json.reservations

  test.each([
    [-5, -1, false],
    [-5, 0, true],
    [-1, 5, true],
    [0, 0, true],
    [0, 1, true],
    [2, 9, true],
    [3, 9, false],
  ])('of a stay from today %d to today %d: %j', async (from, to, isIn) => {
    const made = await reserved(from, to)
    const one = await stayOf(made)
    const listed = (await list()).filter(({ reservation }) => reservation === made.json.id)
    if (isIn) expect([one.status, listed]).toEqual([200, [one.json]])
    else expect([refusal(one), listed]).toEqual([[404, 'RESOURCE_NOT_FOUND'], []])
  })

  test('has these fields, of one checked out too', async () => {
    const made = await reserved(-1, 0, 'CHECKED_IN', 'CHECKED_OUT')
    const { id, room, etag, create_time, update_time, confirmation_code, ...same } = made.json
    const { number } = (await suite.rest('GET', `/rooms/${room}`)).json
    const names = { first_name: 'Ada', last_name: 'Lovelace', room_number: number, room_numbers: [number] }
    const one = await stayOf(made)
    expect([one.status, one.json]).toEqual([200, { reservation: id, ...names, ...same, overstay: false }])
    expect(await list()).toContainEqual(one.json)
  })

  test('leaves out an absent last_name, and what is deleted', async () => {
    const { json: guest } = await suite.rest('POST', '/guests', { body: { first_name: 'Plato' } })
    const { room } = await guestAndRoom(suite)
    const made = await post({ guest: guest.id, room, in_date: day(), out_date: day(1) })
    const one = await stayOf(made)
    expect([one.status, one.json.first_name, one.json.last_name]).toEqual([200, 'Plato', undefined])
    await suite.rest('DELETE', path(made))
    expect(refusal(await stayOf(made))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    expect(await list()).not.toContainEqual(expect.objectContaining({ reservation: made.json.id }))
  })

  test('is by in_date, then status', async () => {
    const made = [
      await reserved(1, 2),
      await reserved(-3, 0),
      await reserved(-3, 0, 'CHECKED_IN', 'CHECKED_OUT'),
      await reserved(-3, 0, 'CHECKED_IN'),
      await reserved(-4, 0),
    ]
    const ids = made.map(({ json }) => json.id)
    const found = (await list()).filter(({ reservation }) => ids.includes(reservation))
    expect(found.map(({ in_date, status }) => [in_date, status])).toEqual([
      [day(-4), 'PENDING'],
      [day(-3), 'CHECKED_IN'],
      [day(-3), 'CHECKED_OUT'],
      [day(-3), 'PENDING'],
      [day(1), 'PENDING'],
    ])
  })

  test('has a new name of the guest and a new number of the room within a second', async () => {
    const made = await reserved(0, 1)
    const number = freshNumber()
    await suite.rest('PATCH', `/guests/${made.json.guest}`, { body: { first_name: 'Grace', last_name: 'Hopper' } })
    await suite.rest('PATCH', `/rooms/${made.json.room}`, { body: { number } })
    const expected = { first_name: 'Grace', last_name: 'Hopper', room_number: number, room_numbers: [number] }
    await eventually(async () => expect((await stayOf(made)).json).toMatchObject(expected), 1_000)
    expect(await list()).toContainEqual(expect.objectContaining({ reservation: made.json.id, ...expected }))
  })
})

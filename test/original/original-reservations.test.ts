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

const unknown = '01890000-0000-7000-8000-000000000000'

/** Status, reason and the named fields of a refusal. */
function refusal({ status, json }: RestAnswer): unknown[] {
  const [{ reason }, badRequest] = json.details
  const violations: { field: string }[] = badRequest?.field_violations ?? []
  return [status, reason, ...violations.map(({ field }) => field).sort()]
}

const invalid = (...fields: string[]) => [400, 'INVALID_FIELD', ...fields]
const path = ({ json }: RestAnswer) => `/reservations/${json.id}`
const post = (body: unknown) => suite.rest('POST', '/reservations', { body })
const patch = (reservation: RestAnswer, body: unknown) => suite.rest('PATCH', path(reservation), { body })
const put = (reservation: RestAnswer, body: unknown) => suite.rest('PUT', path(reservation), { body })
const read = async (reservation: RestAnswer) => (await suite.rest('GET', path(reservation))).json

/** What books a new guest into a new room, or into the given one. */
async function stay(from: number, to: number, given: object = {}) {
  return { ...(await guestAndRoom(suite)), in_date: day(from), out_date: day(to), ...given }
}

/** A reservation that went through these statuses. */
async function reserved(from: number, to: number, ...statuses: string[]) {
  let answer = await post(await stay(from, to))
  expect(answer.status).toBe(201)
  for (const status of statuses) {
    answer = await patch(answer, { status })
    expect(answer.status).toBe(200)
  }
  return answer
}

describe('a reservation', () => {
  test('POST is 201 with location, etag and these fields', async () => {
    const body = await stay(1, 3)
    const answer = await post(body)
    expect(answer).toMatchObject({ status: 201, json: { ...body, rooms: [body.room], status: 'PENDING' } })
    const own = ['guest', 'in_date', 'location', 'out_date', 'room', 'rooms', 'status']
    const names = ['confirmation_code', 'create_time', 'etag', 'hotel', 'id', 'update_time', ...own].sort()
    expect(Object.keys(answer.json).sort()).toEqual(names)
    expect(answer.headers.get('location')).toBe(path(answer))
    expect(answer.headers.get('etag')).toBe(answer.json.etag)
    expect(await read(answer)).toEqual(answer.json)
  })

  test('ignores an id, checkin_datetime and checkout_datetime at creation, PATCH and PUT', async () => {
    const times = { checkin_datetime: '2001-01-01T00:00:00Z', checkout_datetime: '2001-01-02T00:00:00Z' }
    const body = await stay(0, 1)
    const made = await post({ ...body, id: unknown, ...times })
    expect([made.status, made.json.id === unknown]).toEqual([201, false])
    const answers = [made, await patch(made, times), await put(made, { ...body, ...times })]
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200])
    for (const { json } of answers) {
      expect([json.checkin_datetime, json.checkout_datetime]).toEqual([undefined, undefined])
    }
    const checkedIn = await patch(made, { status: 'CHECKED_IN', ...times })
    expect(Date.parse(checkedIn.json.checkin_datetime)).toBeGreaterThan(Date.now() - 60_000)
    expect(checkedIn.json.checkout_datetime).toBeUndefined()
  })

  test('PATCH {} changes nothing, null is absent', async () => {
    const made = await post(await stay(1, 2, { note: 'Late' }))
    const nothing = { in_date: null, out_date: null, status: null, guest: null, room: null, note: null }
    expect(await patch(made, {})).toMatchObject({ status: 200, json: made.json })
    expect(await patch(made, nothing)).toMatchObject({ status: 200, json: made.json })
    expect(await read(made)).toEqual(made.json)
  })

  test('update_mask clears an optional field, and no other', async () => {
    const made = await post(await stay(1, 2, { note: 'Late' }))
    expect(refusal(await patch(made, { update_mask: 'status' }))).toEqual(invalid('status'))
    expect(refusal(await patch(made, { update_mask: 'guest' }))).toEqual(invalid('guest'))
    const cleared = await patch(made, { update_mask: 'note' })
    expect([cleared.status, cleared.json.note]).toEqual([200, undefined])
  })

  test('an absent status is unchanged by PUT, an absent note is cleared', async () => {
    const body = await stay(0, 1)
    const made = await post({ ...body, note: 'Late' })
    const checkedIn = await put(made, { ...body, status: 'checked_in', note: 'Late' })
    const replaced = await put(made, body)
    expect(replaced).toMatchObject({ status: 200, json: { status: 'CHECKED_IN' } })
    expect(replaced.json.checkin_datetime).toBe(checkedIn.json.checkin_datetime)
    expect(replaced.json.note).toBeUndefined()
  })

  test('a list is by in_date, descending', async () => {
    const { guest, room } = await guestAndRoom(suite)
    for (const from of [4, 8, 2, 6]) await post({ guest, room, in_date: day(from), out_date: day(from + 1) })
    const { json } = await suite.rest('GET', `/reservations?guest=${guest}`)
    expect(json.reservations.map((one: { in_date: string }) => one.in_date)).toEqual([8, 6, 4, 2].map(day))
  })

  test('with an etag that no longer holds: a write is 409 ETAG_MISMATCH and changes nothing', async () => {
    const body = await stay(1, 2)
    const made = await post(body)
    const held = await suite.rest('PATCH', path(made), { body: { note: 'A' }, headers: { 'if-match': made.json.etag } })
    expect([held.status, held.json.etag === made.json.etag]).toEqual([200, false])
    const headers = { 'if-match': made.json.etag }
    const stale = [
      await suite.rest('PATCH', path(made), { body: { note: 'B' }, headers }),
      await suite.rest('PUT', path(made), { body, headers }),
      await suite.rest('DELETE', path(made), { headers }),
      await patch(made, { note: 'B', etag: made.json.etag }),
    ]
    for (const answer of stale) {
      expect(refusal(answer)).toEqual([409, 'ETAG_MISMATCH'])
      expect(answer.json.details[0].metadata).toEqual({ etag: held.json.etag })
    }
    expect(await read(made)).toEqual(held.json)
  })
})

const badFields: [given: object, fields: string[]][] = [
  [{ guest: unknown }, ['guest']],
  [{ guest: 'abc' }, ['guest']],
  [{ guest: 7 }, ['guest']],
  [{ room: unknown }, ['room']],
  [{ room: 'abc' }, ['room']],
  [{ guest: unknown, room: unknown }, ['guest', 'room']],
  [{ in_date: '2026-02-30' }, ['in_date']],
  [{ in_date: '2026-1-5' }, ['in_date']],
  [{ in_date: '05/01/2026' }, ['in_date']],
  [{ in_date: 'tomorrow' }, ['in_date']],
  [{ in_date: '' }, ['in_date']],
  [{ in_date: 20260501 }, ['in_date']],
  [{ in_date: '2026-05-01T00:00:00Z' }, ['in_date']],
  [{ out_date: '2026-05-01T12:00' }, ['out_date']],
  [{ in_date: 'x', out_date: 'y' }, ['in_date', 'out_date']],
  [{ guest: 'abc', in_date: 'x', out_date: 'y' }, ['guest', 'in_date', 'out_date']],
  // The gateway looks at all the types first, the service at the rest afterwards.
  [{ guest: 7, in_date: 'x' }, ['guest']],
  [{ out_date: day(9) }, ['out_date']],
]

describe('wrong fields are 400 on each of them', () => {
  test.each(badFields)('%j', async (given, fields) => {
    const body = await stay(10, 11)
    const made = await post(body)
    expect(refusal(await post({ ...(await stay(10, 11)), ...given }))).toEqual(invalid(...fields))
    expect(refusal(await put(made, { ...body, ...given }))).toEqual(invalid(...fields))
    expect(refusal(await patch(made, given))).toEqual(invalid(...fields))
    expect(await read(made)).toEqual(made.json)
  })

  test('a guest of another hotel', async () => {
    const token = await suite.token({ hotels: ['*'] })
    const { json: hotel } = await suite.rest('POST', '/hotels', { body: { name: 'Other' }, token })
    const guest = await eventually(async () => {
      const body = { hotel: hotel.id, first_name: 'Ada' }
      const { status, json } = await suite.rest('POST', '/guests', { body, token })
      expect([status, json.hotel]).toEqual([201, hotel.id])
      return json.id
    })
    const made = await reserved(1, 2)
    expect(refusal(await post(await stay(1, 2, { guest })))).toEqual(invalid('guest'))
    expect(refusal(await patch(made, { guest }))).toEqual(invalid('guest'))
  })

  test.each([{}, { guest: null, room: null, in_date: null, out_date: null }])('all missing: %j', async (body) => {
    const made = await reserved(1, 2)
    expect(refusal(await post(body))).toEqual(invalid('guest', 'in_date', 'out_date', 'room'))
    expect(refusal(await put(made, body))).toEqual(invalid('guest', 'in_date', 'out_date', 'room'))
  })

  test('PATCH of in_date alone beyond out_date', async () => {
    const made = await reserved(10, 11)
    expect(refusal(await patch(made, { in_date: day(12) })).slice(0, 2)).toEqual(invalid())
    expect(await read(made)).toEqual(made.json)
  })
})

describe('nights', () => {
  test('of the past are accepted', async () => {
    expect((await post(await stay(-900, -899))).status).toBe(201)
  })

  test('in_date = out_date is 201 and holds the night', async () => {
    const { room } = (await reserved(5, 5)).json
    const other = await stay(5, 5, { room })
    expect(refusal(await post(other))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect(refusal(await post({ ...other, out_date: day(6) }))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect((await post({ ...other, in_date: day(6), out_date: day(6) })).status).toBe(201)
  })

  test('that overlap are 400 ROOM_NOT_AVAILABLE on POST, PUT and PATCH, which change nothing', async () => {
    const { room } = (await reserved(10, 14)).json
    const body = await stay(14, 16, { room })
    const made = await post(body)
    const answers = [
      await post(await stay(12, 15, { room })),
      await put(made, { ...body, in_date: day(13) }),
      await patch(made, { in_date: day(13) }),
      await patch(await reserved(10, 11), { room }),
    ]
    for (const answer of answers) {
      expect(refusal(answer).slice(0, 2)).toEqual([400, 'ROOM_NOT_AVAILABLE'])
      expect(answer.json.details[0].metadata).toMatchObject({ room })
      expect(answer.text).not.toMatch(/Ada|Lovelace/)
    }
    expect(await read(made)).toEqual(made.json)
  })

  test.each([
    ['later first', [2, 4], [0, 2]],
    ['earlier first', [0, 2], [2, 4]],
  ])('a guest arrives the day another leaves, %s, and the one of today checks in', async (_order, one, two) => {
    const body = await stay(one[0] ?? 0, one[1] ?? 0)
    const first = await post(body)
    const second = await post({ ...body, in_date: day(two[0]), out_date: day(two[1]) })
    const third = await post({ ...body, in_date: day(-2), out_date: day(0) })
    expect([first.status, second.status, third.status]).toEqual([201, 201, 201])
    const today = first.json.in_date === day() ? first : second
    expect((await patch(today, { status: 'CHECKED_IN' })).status).toBe(200)
  })

  test('dates, room and guest change while PENDING', async () => {
    const made = await reserved(10, 12)
    const body = await stay(20, 22)
    expect(await patch(made, body)).toMatchObject({ status: 200, json: { ...body, rooms: [body.room] } })
    const freed = await stay(10, 12, { room: made.json.room })
    expect((await post(freed)).status).toBe(201)
  })

  test.each([
    ['CHECKED_IN', 'in_date', ['CHECKED_IN']],
    ['CHECKED_IN', 'guest', ['CHECKED_IN']],
    ['CHECKED_OUT', 'out_date', ['CHECKED_IN', 'CHECKED_OUT']],
    ['CHECKED_OUT', 'room', ['CHECKED_IN', 'CHECKED_OUT']],
  ] as const)('after %s %s does not change, note does', async (status, field, statuses) => {
    const made = await reserved(-2, 0, ...statuses)
    const other = await stay(-3, 1)
    const answer = await patch(made, { [field]: other[field] })
    expect(refusal(answer)).toEqual([400, 'FIELD_IMMUTABLE_NOW'])
    expect(answer.json.details[0].metadata).toMatchObject({ field, status })
    expect(await read(made)).toEqual(made.json)
    expect(await patch(made, { note: 'Key lost' })).toMatchObject({ status: 200, json: { note: 'Key lost' } })
  })
})

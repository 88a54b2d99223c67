import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const unknown = '01890000-0000-7000-8000-000000000000'

const post = (path: string, body: unknown) => suite.rest('POST', path, { body })
const patch = (path: string, body: unknown) => suite.rest('PATCH', path, { body })
const put = (path: string, body: unknown) => suite.rest('PUT', path, { body })

/** Status, reason and the named fields of a refusal. */
function refusal({ status, json }: RestAnswer): unknown[] {
  const [{ reason }, badRequest] = json.details
  const violations: { field: string }[] = badRequest?.field_violations ?? []
  return [status, reason, ...violations.map(({ field }) => field).sort()]
}

async function newGuest(body: object = { first_name: 'Ada', last_name: 'Lovelace' }) {
  const { json } = await post('/guests', body)
  return { id: json.id as string, path: `/guests/${json.id}`, json }
}

async function newRoom(number = freshNumber()) {
  const { json } = await post('/rooms', { number })
  return { id: json.id as string, number, path: `/rooms/${json.id}`, json }
}

describe('a creation', () => {
  const meta = ['create_time', 'etag', 'hotel', 'id', 'update_time']
  const bodies: [path: string, body: object, names: string[]][] = [
    ['/guests', { first_name: 'Ada', last_name: 'Lovelace' }, ['first_name', 'last_name']],
    ['/guests', { first_name: 'Plato' }, ['first_name']],
    ['/rooms', { number: '1815' }, ['location', 'number']],
  ]
  test.each(bodies)('POST %s %j is 201 with location, etag and these fields', async (path, body, names) => {
    const { status, headers, json } = await post(path, body)
    expect(status).toBe(201)
    expect(json).toMatchObject(body)
    expect(Object.keys(json).sort()).toEqual([...meta, ...names].sort())
    expect(headers.get('location')).toBe(`${path}/${json.id}`)
    expect(headers.get('etag')).toBe(json.etag)
    expect(await suite.rest('GET', `${path}/${json.id}`)).toMatchObject({ status: 200, json })
  })

  test.each([
    ['/guests', { first_name: 'Ada' }],
    ['/rooms', { number: '1816' }],
  ])('POST %s ignores an id', async (path, body) => {
    const { status, json } = await post(path, { id: unknown, ...body })
    expect([status, json.id === unknown]).toEqual([201, false])
  })
})

describe('orders', () => {
  test('guests by last name, then first name, those without a last name last', async () => {
    const names = [['Zed'], ['Bob', 'Baker'], ['Aaron'], ['Zoe', 'Adams'], ['Ann', 'Baker']]
    for (const [first, last] of names) await newGuest({ first_name: first, last_name: last, email: 'of@order.test' })
    const { json } = await suite.rest('GET', '/guests?query=of@order.test')
    const found = json.guests.map((guest: Record<string, string>) => [guest.last_name, guest.first_name].join(' '))
    expect(found).toEqual(['Adams Zoe', 'Baker Ann', 'Baker Bob', ' Aaron', ' Zed'])
  })

  test('rooms by number descending, naturally', async () => {
    const numbers = ['9009', 'B2', '90010', 'B10', '9010', '90009']
    for (const number of numbers) await newRoom(number)
    const { json } = await suite.rest('GET', '/rooms?page_size=500')
    const found = json.rooms.map(({ number }: { number: string }) => number)
    expect(found.filter((number: string) => numbers.includes(number))).toEqual([
      'B10',
      'B2',
      '90010',
      '90009',
      '9010',
      '9009',
    ])
  })
})

const long = 'x'.repeat(256)
const badGuests: [body: object, fields: string[]][] = [
  [{}, ['first_name']],
  [{ first_name: null }, ['first_name']],
  [{ first_name: '' }, ['first_name']],
  [{ first_name: ' \t' }, ['first_name']],
  [{ first_name: long }, ['first_name']],
  [{ first_name: 7 }, ['first_name']],
  [{ first_name: true }, ['first_name']],
  [{ first_name: ['Ada'] }, ['first_name']],
  [{ first_name: { a: 1 } }, ['first_name']],
  [{ first_name: 'Ada', last_name: '' }, ['last_name']],
  [{ first_name: 'Ada', last_name: '  ' }, ['last_name']],
  [{ last_name: '' }, ['first_name', 'last_name']],
  [{ first_name: ' ', last_name: long }, ['first_name', 'last_name']],
  [{ first_name: 1, last_name: [] }, ['first_name', 'last_name']],
  // The gateway looks at all the types first, the service at the rest afterwards.
  [{ first_name: 1, last_name: long }, ['first_name']],
  [{ last_name: 1 }, ['last_name']],
]
const badRooms: object[] = [{}, { number: null }, { number: '' }, { number: '  ' }, { number: long }, { number: 101 }]

describe('wrong fields are 400, all in one answer', () => {
  test.each(badGuests)('a guest %j', async (body, fields) => {
    const { path, json } = await newGuest()
    expect(refusal(await post('/guests', body))).toEqual([400, 'INVALID_FIELD', ...fields])
    expect(refusal(await put(path, body))).toEqual([400, 'INVALID_FIELD', ...fields])
    expect((await suite.rest('GET', path)).json).toEqual(json)
  })

  test.each(badGuests.filter(([body]) => 'first_name' in body && body.first_name !== null))(
    'a change of a guest to %j',
    async (body, fields) => {
      const { path, json } = await newGuest()
      expect(refusal(await patch(path, body))).toEqual([400, 'INVALID_FIELD', ...fields])
      expect((await suite.rest('GET', path)).json).toEqual(json)
    },
  )

  test.each(badRooms)('a room %j', async (body) => {
    const { path } = await newRoom()
    expect(refusal(await post('/rooms', body))).toEqual([400, 'INVALID_FIELD', 'number'])
    expect(refusal(await put(path, body))).toEqual([400, 'INVALID_FIELD', 'number'])
  })

  test.each(['x', 'é', '😀'])('255 of %s fit, with spaces around them', async (character) => {
    const name = character.repeat(255)
    const guest = await post('/guests', { first_name: ` ${name} `, last_name: name })
    expect(guest).toMatchObject({ status: 201, json: { first_name: name, last_name: name } })
    expect(await post('/rooms', { number: ` ${name} ` })).toMatchObject({ status: 201, json: { number: name } })
  })
})

describe('outer spaces are trimmed', () => {
  test.each([' Ada', 'Ada ', '\tAda\n'])('%j', async (name) => {
    const { path } = await newGuest()
    const expected = { first_name: 'Ada', last_name: 'Ada' }
    const body = { first_name: name, last_name: name }
    expect(await post('/guests', body)).toMatchObject({ status: 201, json: expected })
    expect(await patch(path, body)).toMatchObject({ status: 200, json: expected })
    expect(await put(path, body)).toMatchObject({ status: 200, json: expected })
  })
})

describe('a change', () => {
  test('PATCH {} changes nothing', async () => {
    for (const { path, json } of [await newGuest(), await newRoom()]) {
      expect(await patch(path, {})).toMatchObject({ status: 200, json })
      expect((await suite.rest('GET', path)).json).toEqual(json)
    }
  })

  test('null is absent: required on POST and PUT, unchanged on PATCH, cleared on PUT where optional', async () => {
    const created = await post('/guests', { first_name: 'Ada', last_name: null })
    expect([created.status, created.json.last_name]).toEqual([201, undefined])
    const { path, json } = await newGuest()
    expect((await patch(path, { first_name: null, last_name: null })).json).toEqual(json)
    const replaced = await put(path, { first_name: 'Ada', last_name: null })
    expect([replaced.status, replaced.json.last_name]).toEqual([200, undefined])
    const room = await newRoom()
    expect((await patch(room.path, { number: null })).json).toEqual(room.json)
  })

  test('PUT clears an absent last_name, PATCH does not', async () => {
    const { path } = await newGuest()
    expect((await patch(path, { first_name: 'Grace' })).json).toMatchObject({ last_name: 'Lovelace' })
    const { status, json } = await put(path, { first_name: 'Grace' })
    expect([status, json.first_name, json.last_name]).toEqual([200, 'Grace', undefined])
  })

  test('update_mask clears what it names and limits the change to it', async () => {
    const { path } = await newGuest()
    const limited = await patch(path, { first_name: 'Grace', last_name: 'Hopper', update_mask: 'first_name' })
    expect(limited).toMatchObject({ status: 200, json: { first_name: 'Grace', last_name: 'Lovelace' } })
    const cleared = await patch(path, { update_mask: 'last_name' })
    expect([cleared.status, cleared.json.first_name, cleared.json.last_name]).toEqual([200, 'Grace', undefined])
    const nulled = await newGuest()
    const byNull = await patch(nulled.path, { last_name: null, update_mask: 'last_name' })
    expect([byNull.status, byNull.json.last_name]).toEqual([200, undefined])
    const required = await patch(path, { update_mask: 'first_name' })
    expect(refusal(required)).toEqual([400, 'INVALID_FIELD', 'first_name'])
  })

  test('with an etag that no longer holds is 409 ETAG_MISMATCH and changes nothing', async () => {
    for (const { path, json: old } of [await newGuest(), await newRoom()]) {
      const body = 'number' in old ? { number: freshNumber() } : { first_name: 'Grace' }
      const held = await suite.rest('PATCH', path, { body, headers: { 'if-match': old.etag } })
      expect([held.status, held.json.etag === old.etag]).toEqual([200, false])
      const headers = { 'if-match': old.etag }
      const stale = [
        await suite.rest('PATCH', path, { body, headers }),
        await suite.rest('PUT', path, { body, headers }),
        await suite.rest('PATCH', path, { body: { ...body, etag: old.etag } }),
      ]
      if ('first_name' in old) stale.push(await suite.rest('DELETE', path, { headers }))
      for (const answer of stale) {
        expect(refusal(answer)).toEqual([409, 'ETAG_MISMATCH'])
        expect(answer.json.details[0].metadata).toEqual({ etag: held.json.etag })
      }
      expect((await suite.rest('GET', path)).json).toEqual(held.json)
    }
  })
})

test('a number that a room has is 409 ROOM_NUMBER_TAKEN', async () => {
  const [taken, other] = [await newRoom(), await newRoom()]
  const answers = [
    await post('/rooms', { number: taken.number }),
    await post('/rooms', { number: ` ${taken.number} ` }),
    await patch(other.path, { number: taken.number }),
    await put(other.path, { number: taken.number }),
  ]
  for (const answer of answers) {
    expect(refusal(answer)).toEqual([409, 'ROOM_NUMBER_TAKEN'])
    expect(answer.json.details[0].metadata).toMatchObject({ number: taken.number })
  }
  expect((await patch(taken.path, { number: taken.number })).status).toBe(200)
  expect((await suite.rest('GET', other.path)).json).toEqual(other.json)
})

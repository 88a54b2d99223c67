import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RestAnswer, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, freshNumber, guestAndRoom } from '../support/hotel.ts'

let suite: Suite
let guest: string
let room: string
let reservation: string
beforeAll(async () => {
  suite = await sharedSuite()
  const made = await guestAndRoom(suite)
  guest = made.guest
  room = made.room
  const dates = { in_date: day(), out_date: day(1) }
  reservation = (await suite.rest('POST', '/reservations', { body: { guest, room, ...dates } })).json.id
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const unknown = '01890000-0000-7000-8000-000000000000'

/** A path template with the ids of what this file made. */
function at(path: string): string {
  return path.replace('{guest}', guest).replace('{room}', room).replace('{reservation}', reservation)
}

/** Status, reason and the named fields of a refusal. */
function refusal({ status, json }: RestAnswer): unknown[] {
  const [{ reason }, badRequest] = json.details
  const violations: { field: string }[] = badRequest?.field_violations ?? []
  return [status, reason, ...violations.map(({ field }) => field).sort()]
}

describe('addresses', () => {
  test('GET / is an object of the paths of the resources', async () => {
    const { status, json } = await suite.rest('GET', '/')
    expect(status).toBe(200)
    for (const name of [
      'guests',
      'hotels',
      'locations',
      'room_types',
      'rooms',
      'employees',
      'reservations',
      'room_blocks',
    ]) {
      expect(json[name]).toBe(`/${name}`)
    }
  })

  test.each([
    '/guests',
    '/rooms',
    '/reservations',
    '/reservations/current_and_upcoming',
    '/guests/{guest}',
    '/rooms/{room}',
    '/reservations/{reservation}',
    '/reservations/current_and_upcoming/{reservation}',
  ])('GET %s answers the same with a trailing slash', async (path) => {
    const [without, with_] = [await suite.rest('GET', at(path)), await suite.rest('GET', `${at(path)}/`)]
    expect([without.status, with_.status]).toEqual([200, 200])
    expect(with_.json).toEqual(without.json)
  })

  test('writes and queries take a trailing slash too', async () => {
    const created = await suite.rest('POST', '/rooms/', { body: { number: freshNumber() } })
    expect(created.status).toBe(201)
    const path = `/rooms/${created.json.id}/`
    const number = freshNumber()
    expect(await suite.rest('PATCH', path, { body: { number } })).toMatchObject({ status: 200, json: { number } })
    expect(await suite.rest('PUT', path, { body: { number } })).toMatchObject({ status: 200, json: { number } })
    const list = await suite.rest('GET', '/rooms/?page_size=1')
    expect([list.status, list.json.rooms.length]).toEqual([200, 1])
  })

  test.each(['/nothing', '/guest', '/guests/{guest}/nothing', '/guests.json', '/guests/{guest}.json'])(
    'GET %s is 404 in JSON',
    async (path) => {
      const answer = await suite.rest('GET', at(path))
      expect(refusal(answer)).toEqual([404, 'RESOURCE_NOT_FOUND'])
      expect(answer.headers.get('content-type')).toBe('application/json')
    },
  )

  test('?format=json is gone', async () => {
    expect(refusal(await suite.rest('GET', '/guests?format=json'))).toEqual([400, 'INVALID_FIELD', 'format'])
  })

  test.each(['/guests', '/rooms', '/reservations', '/reservations/current_and_upcoming'])(
    'GET %s is an object with the array and next_page_token',
    async (path) => {
      const { status, json } = await suite.rest('GET', path)
      const name = path === '/reservations/current_and_upcoming' ? 'reservations' : path.slice(1)
      expect([status, Object.keys(json).sort()]).toEqual([200, [name, 'next_page_token'].sort()])
      expect(Array.isArray(json[name])).toBe(true)
    },
  )

  test('next_page_token leads to the next page, and is empty on the last', async () => {
    const first = await suite.rest('POST', '/guests', { body: { first_name: 'Paged', last_name: 'One' } })
    const second = await suite.rest('POST', '/guests', { body: { first_name: 'Paged', last_name: 'Two' } })
    const one = await suite.rest('GET', '/guests?query=paged&page_size=1')
    expect(one.json.guests).toEqual([first.json])
    const next = encodeURIComponent(one.json.next_page_token)
    const two = await suite.rest('GET', `/guests?query=paged&page_size=1&page_token=${next}`)
    expect(two.json).toEqual({ guests: [second.json], next_page_token: '' })
  })
})

const collection = ['GET', 'POST']
const item = ['DELETE', 'GET', 'PATCH', 'PUT']
const wrongMethods: [method: string, path: string, allow: string[]][] = [
  ['PUT', '/guests', collection],
  ['PATCH', '/rooms', collection],
  ['DELETE', '/reservations', collection],
  ['POST', '/guests/{guest}', item],
  ['POST', '/reservations/{reservation}', item],
  ['POST', '/rooms/{room}', item],
  ['POST', '/reservations/current_and_upcoming', ['GET']],
  ['DELETE', '/reservations/current_and_upcoming/{reservation}', ['GET']],
  ['GET', '/guests/{guest}:undelete', ['POST']],
  ['POST', '/', ['GET']],
]

describe('a wrong method', () => {
  test.each(wrongMethods)('%s %s is 405 with allow', async (method, path, allow) => {
    const answer = await suite.rest(method, at(path))
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(expect.arrayContaining(allow))
    if (allow === collection) expect(answer.headers.get('allow')?.split(', ')).toHaveLength(4)
    expect(refusal(answer)).toEqual([405, 'METHOD_NOT_ALLOWED'])
  })
})

describe('an unknown id', () => {
  const body = () => ({
    guests: { first_name: 'Ada' },
    rooms: { number: freshNumber() },
    reservations: { guest, room, in_date: day(50), out_date: day(51) },
  })
  const calls: [method: string, resource: 'guests' | 'rooms' | 'reservations'][] = [
    ['GET', 'guests'],
    ['PATCH', 'guests'],
    ['PUT', 'guests'],
    ['DELETE', 'guests'],
    ['GET', 'rooms'],
    ['PATCH', 'rooms'],
    ['PUT', 'rooms'],
    ['DELETE', 'rooms'],
    ['GET', 'reservations'],
    ['PATCH', 'reservations'],
    ['PUT', 'reservations'],
    ['DELETE', 'reservations'],
  ]
  describe.each([
    ['no UUID', 'abc'],
    ['a number', '1'],
    ['no resource', unknown],
    ['a UUID in upper case', unknown.toUpperCase().replace('8000', 'ABCD')],
  ])('that is %s', (_what, id) => {
    test.each(calls)('%s of %s is 404', async (method, resource) => {
      const options = method === 'PATCH' || method === 'PUT' ? { body: body()[resource] } : {}
      const answer = await suite.rest(method, `/${resource}/${id}`, options)
      expect(refusal(answer)).toEqual([404, 'RESOURCE_NOT_FOUND'])
    })

    test('in current_and_upcoming is 404', async () => {
      const answer = await suite.rest('GET', `/reservations/current_and_upcoming/${id}`)
      expect(refusal(answer)).toEqual([404, 'RESOURCE_NOT_FOUND'])
    })
  })
})

test.each(['guests', 'rooms', 'reservations'])('an id of %s in upper case is 404', async (resource) => {
  const id = { guests: guest, rooms: room, reservations: reservation }[resource] ?? ''
  expect((await suite.rest('GET', `/${resource}/${id}`)).status).toBe(200)
  expect(refusal(await suite.rest('GET', `/${resource}/${id.toUpperCase()}`))).toEqual([404, 'RESOURCE_NOT_FOUND'])
})

const writes: [method: string, path: string][] = [
  ['POST', '/guests'],
  ['PATCH', '/guests/{guest}'],
  ['PUT', '/guests/{guest}'],
  ['POST', '/rooms'],
  ['PATCH', '/rooms/{room}'],
  ['PUT', '/rooms/{room}'],
  ['POST', '/reservations'],
  ['PATCH', '/reservations/{reservation}'],
  ['PUT', '/reservations/{reservation}'],
]

describe.each(writes)('%s %s', (method, path) => {
  test.each(['{"first_name":', 'Ada', "{'number': '1'}", '[]', '[{"first_name":"Ada"}]', '"Ada"', 'null'])(
    'the body %s is 400',
    async (body) => {
      expect(refusal(await suite.rest(method, at(path), { body })).slice(0, 2)).toEqual([400, 'INVALID_FIELD'])
    },
  )

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'a body of %s is 415',
    async (type) => {
      const answer = await suite.rest(method, at(path), { body: '{}', headers: { 'content-type': type } })
      expect(refusal(answer).slice(0, 2)).toEqual([415, 'INVALID_FIELD'])
    },
  )

  test('unknown and repeated fields are 400, all named', async () => {
    const body = '{"nickname":"A","etag":"x","etag":"x","url":"/guests/1"}'
    const answer = await suite.rest(method, at(path), { body })
    expect(refusal(answer)).toEqual([400, 'INVALID_FIELD', 'etag', 'nickname', 'url'])
  })
})

import { readDescriptors } from '@hotel/test/gateway/fixtures'
import { type LoneGateway, startAlone } from '@hotel/test/gateway/lone-gateway'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

// Lua runs in Envoy only, so the guard is tried there. No service is up: what the guard lets through is answered 503.
const envoy = process.env.ENVOY_BIN
const id = '0198c000-0000-7000-8000-000000000001'
const other = '0198c000-0000-7000-8000-000000000002'
const reservation = `/reservations/${id}`

type Case = {
  title: string
  request: string
  body?: string
  type?: string
  status: number
  fields?: string[]
  reason?: string
}
const passes: Omit<Case, 'status'>[] = [
  { title: 'a path', request: `GET /guests/${id}` },
  { title: 'a trailing slash', request: `GET /guests/${id}/?` },
  { title: 'a literal beside a variable', request: 'GET /reservations/current_and_upcoming?page_size=3' },
  { title: 'a custom verb', request: `POST ${reservation}:undelete` },
  { title: 'another', request: `POST ${reservation}:confirm`, body: '{"etag":"\\"1\\""}' },
  {
    title: 'a custom verb of the collection',
    request: 'POST /reservations:swapRooms',
    body: `{"reservations":["${id}","${other}"]}`,
  },
  {
    title: 'a reservation of a type, as a hold',
    request: 'POST /reservations',
    body: `{"room_type":"${id}","room_count":2,"location":"${id}","hold_until":"2031-01-01T00:00:00Z"}`,
  },
  { title: 'a watch', request: `GET /room_types:watch?hotel=${id}&from_now=true` },
  { title: 'an encoded query name', request: 'GET /guests?%70age_size=3&show_deleted=true' },
  { title: 'a query with hyphens in an enum', request: 'GET /reservations?status=checked-in' },
  { title: 'another custom verb', request: `POST /room_types/${id}:undelete`, body: '{"etag":"\\"1\\""}' },
  { title: 'a whole number', request: 'POST /room_types', body: '{"name":"Double","max_guests":2}' },
  { title: 'an enum of another resource', request: 'POST /employees', body: '{"role":"front-desk"}' },
  { title: 'a query on DELETE', request: `DELETE ${reservation}?reason=ill&etag=%221%22` },
  { title: 'another content type without a body', request: 'GET /guests', type: 'text/plain' },
  { title: 'an empty object', request: `PATCH ${reservation}`, body: '{}' },
  { title: 'enums in any spelling', request: `PATCH ${reservation}`, body: '{"status":"Checked-in"}' },
  { title: 'null for any field', request: `PATCH ${reservation}`, body: '{"status":null,"id":null,"rooms":null}' },
  {
    title: 'output-only fields of any type',
    request: 'POST /guests',
    body: '{"id":1,"etag":[{"a":[]}],"first_name":"A"}',
  },
  { title: 'strings full of syntax', request: 'POST /guests', body: '{"first_name":"\\"{}[],:\\u00e9"}' },
  { title: 'the id of the path', request: `PATCH ${reservation}`, body: `{"id":"${id}"}` },
  { title: 'a list of strings', request: 'POST /reservations', body: `{"rooms":["${id}"]}` },
]
const refusals: Case[] = [
  { title: 'an unknown path', request: 'GET /zz', status: 404, reason: 'RESOURCE_NOT_FOUND' },
  { title: 'a path of gRPC', request: 'POST /hotel.guests.v1.GuestService/CreateGuest', body: '{}', status: 404 },
  { title: 'an id in capitals', request: `GET /guests/${id.toUpperCase()}`, status: 404, reason: 'RESOURCE_NOT_FOUND' },
  { title: 'an id that is none', request: 'GET /guests/1', status: 404, reason: 'RESOURCE_NOT_FOUND' },
  { title: 'a watch of what is none', request: 'GET /occupancies:watch', status: 404, reason: 'RESOURCE_NOT_FOUND' },
  { title: 'no truth value', request: 'GET /guests:watch?from_now=yes', status: 400, fields: ['from_now'] },
  { title: 'a method the path does not know', request: 'DELETE /guests', status: 405, reason: 'METHOD_NOT_ALLOWED' },
  {
    title: 'an unknown field',
    request: 'POST /guests',
    body: '{"firstName":"A","x":1}',
    status: 400,
    fields: ['firstName', 'x'],
  },
  {
    title: 'a repeated field',
    request: 'POST /guests',
    body: '{"first_name":"A","first_name":"B"}',
    status: 400,
    fields: ['first_name'],
  },
  {
    title: 'an escaped name',
    request: 'POST /guests',
    body: '{"\\u0066irst_name":"A"}',
    status: 400,
    fields: ['\\u0066irst_name'],
  },
  {
    title: 'a number for a string',
    request: 'POST /guests',
    body: '{"first_name":5}',
    status: 400,
    fields: ['first_name'],
  },
  {
    title: 'a list of numbers',
    request: 'POST /reservations',
    body: '{"rooms":["a",1]}',
    status: 400,
    fields: ['rooms[1]'],
  },
  {
    title: 'an unknown enum value',
    request: `PATCH ${reservation}`,
    body: '{"status":"GONE"}',
    status: 400,
    fields: ['status'],
  },
  {
    title: 'an unknown role in the query',
    request: 'GET /employees?role=COOK',
    status: 400,
    fields: ['role'],
  },
  {
    title: 'a string for a whole number',
    request: 'POST /room_types',
    body: '{"max_guests":"2"}',
    status: 400,
    fields: ['max_guests'],
  },
  {
    title: 'a block given anew',
    request: `PUT /room_blocks/${id}`,
    body: '{}',
    status: 405,
    reason: 'METHOD_NOT_ALLOWED',
  },
  {
    title: 'a number for an enum',
    request: `PATCH ${reservation}`,
    body: '{"status":2}',
    status: 400,
    fields: ['status'],
  },
  { title: 'another id', request: `PATCH ${reservation}`, body: `{"id":"${other}"}`, status: 400, fields: ['id'] },
  {
    title: 'a query beside a body',
    request: `PATCH ${reservation}?id=${other}`,
    body: '{}',
    status: 400,
    fields: ['id'],
  },
  { title: 'the path variable in the query', request: `GET ${reservation}?%69d=${other}`, status: 400, fields: ['id'] },
  { title: 'a repeated parameter', request: 'GET /guests?query=a&query=b', status: 400, fields: ['query'] },
  {
    title: 'parameters of the wrong type',
    request: 'GET /guests?page_size=x&show_deleted=1',
    status: 400,
    fields: ['page_size', 'show_deleted'],
  },
  {
    title: 'a body on DELETE',
    request: `DELETE ${reservation}`,
    body: '{"reason":"x"}',
    status: 400,
    fields: ['reason'],
  },
  { title: 'a custom verb in another case', request: 'POST /reservations:swaprooms', body: '{}', status: 404 },
  { title: 'a custom verb by GET', request: `GET ${reservation}:confirm`, status: 405, reason: 'METHOD_NOT_ALLOWED' },
  {
    title: 'a number for a moment',
    request: 'POST /reservations',
    body: '{"hold_until":1}',
    status: 400,
    fields: ['hold_until'],
  },
  { title: 'text', request: 'POST /guests', body: '{}', type: 'text/plain', status: 415 },
  {
    title: 'a large body',
    request: 'POST /guests',
    body: `{"first_name":"${'a'.repeat(65_536)}"}`,
    status: 413,
    reason: 'BODY_TOO_LARGE',
  },
  ...[
    '[]',
    '"a"',
    'null',
    '',
    '{',
    '{"first_name":"A",}',
    "{'first_name':'A'}",
    '{first_name:"A"}',
    '{} {}',
    '{"first_name":01}',
  ].map((body) => ({
    title: `the body ${body}`,
    request: 'POST /guests',
    body: body || ' ',
    status: 400,
    fields: ['body'],
  })),
]

;(envoy ? describe : describe.skip)('guard', () => {
  let gateway: LoneGateway
  beforeAll(async () => {
    gateway = await startAlone(envoy ?? '', await readDescriptors())
  }, 20_000)
  afterAll(() => gateway?.stop())

  it.each(passes)('lets $title through', async ({ request, body, type }) => {
    expect((await gateway.send(request, body, type)).status).toBe(503)
  })

  it.each(refusals)('refuses $title', async ({ request, body, type, status, fields, reason }) => {
    const answer = await gateway.send(request, body, type)
    expect(answer.status).toBe(status)
    const { details } = answer.json
    expect(details[0]).toMatchObject({
      domain: 'hotel',
      reason: reason ?? (status === 404 ? 'RESOURCE_NOT_FOUND' : 'INVALID_FIELD'),
    })
    if (fields) expect(details[1]?.field_violations?.map((violation) => violation.field)).toEqual(fields)
  })

  it.each([
    ['idempotency-key', 'é'],
    ['idempotency-key', 'a b'],
    ['idempotency-key', 'x'.repeat(256)],
    ['idempotency-key', ''],
    ['if-match', '"é"'],
    ['if-match', ''],
  ])('refuses a write with the %s "%s", which the services would not see', async (name, value) => {
    const { status, json } = await gateway.send('POST /guests', '{"first_name":"A"}', undefined, { [name]: value })
    expect([status, json.details[1]?.field_violations?.map(({ field }) => field)]).toEqual([400, [name]])
  })

  it('names the methods of the path', async () => {
    expect((await gateway.send('PATCH /guests')).headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS')
  })
})

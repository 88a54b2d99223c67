import { buildEveryKind, readDescriptors } from '@hotel/test/gateway/fixtures'
import { registerSchema, type SchemaObject, unregisterSchema, validate } from '@hyperjump/json-schema/openapi-3-1'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Api, readApi } from '../api.ts'
import { openApi } from './openapi.ts'

const dialect = 'https://spec.openapis.org/oas/3.1/schema-base'
const address = 'https://hotel.example/openapi.json'

type Media = Record<'application/json' | 'text/event-stream', { schema: object; example?: object; examples?: object }>
type Answer = { content?: Media; headers: Record<string, { required?: boolean }>; links?: object; description: string }
type Operation = {
  operationId: string
  security: object[]
  parameters?: { name: string; in: string; schema: object; allowEmptyValue?: boolean }[]
  requestBody?: { content: Media }
  responses: Record<string, Answer & { $ref?: string }>
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: Record<'schemas' | 'responses' | 'securitySchemes', Record<string, object>>
}
/** As it is served; the meta-schema below holds it to this shape. */
const documentOf = (api: Api) => JSON.parse(JSON.stringify(openApi(api))) as Document

let api: Api
let document: Document
beforeAll(async () => {
  api = readApi(await readDescriptors())
  document = documentOf(api)
  // The library types a schema as its own JSON, of which the document is an instance.
  registerSchema(document as unknown as SchemaObject, address, dialect)
})
afterAll(() => unregisterSchema(address))

function operation(document: Document, id: string): Operation {
  const found = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .find(({ operationId }) => operationId === id)
  if (found === undefined) throw new Error(`no operation is called ${id}`)
  return found
}

/** What an instance breaks of the schema at this place of the document. */
async function wrong(place: readonly (string | number)[], instance: unknown): Promise<unknown> {
  const pointer = place.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const output = await validate(`${address}#${encodeURI(pointer)}`, JSON.parse(JSON.stringify(instance)), 'BASIC')
  return output.valid ? undefined : output.errors
}

describe('the document', () => {
  it('is one of OpenAPI 3.1, by its meta-schema', async () => {
    const output = await validate(dialect, document as never, 'BASIC')
    expect(output.valid ? [] : output.errors).toEqual([])
  })

  it('has every HTTP rule, and what the gateway answers itself', () => {
    for (const { http, desc } of api.methods)
      if (http) expect(document.paths[http.template]?.[http.verb.toLowerCase()]?.operationId).toBe(desc.name)
    for (const path of ['/', '/openapi.json', '/healthz']) expect(document.paths[path]).toHaveProperty('get')
  })

  it('resolves its references', () => {
    for (const [, section = '', name = ''] of JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g))
      expect(document.components).toHaveProperty([section, name])
  })

  it('says how changes are watched, and from where', () => {
    const watch = operation(document, 'WatchRoomTypes')
    expect(Object.keys(watch.responses['200']?.content ?? {})).toEqual(['application/x-ndjson', 'text/event-stream'])
    expect(watch.parameters?.flatMap(({ name }) => name ?? [])).toEqual(['hotel', 'cursor', 'from_now'])
    expect(watch.parameters).toContainEqual({ $ref: '#/components/parameters/last-event-id' })
  })

  it('gives examples that keep to their schemas', async () => {
    let examples = 0
    for (const [place, { example, examples: several }] of mediaIn(document)) {
      for (const each of [example, ...Object.values(several ?? {}).map(({ value }) => value)]) {
        if (each === undefined) continue
        examples += 1
        expect([place, await wrong([...place, 'schema'], each)]).toEqual([place, undefined])
      }
    }
    expect(examples).toBeGreaterThan(100)
  }, 60_000)
})

describe('what generators of clients make of it', () => {
  /** Every schema with this keyword, wherever it stands, with its place. */
  function* having(keyword: string, part: unknown, place = ''): Iterable<[string, Record<string, unknown>]> {
    if (typeof part !== 'object' || part === null) return
    if (keyword in part && typeof (part as Record<string, unknown>)[keyword] !== 'object')
      yield [place, part as Record<string, unknown>]
    for (const [name, value] of Object.entries(part)) yield* having(keyword, value, `${place}/${name}`)
  }

  it('patterns compile in RE2, Java, Python and ECMAScript, as they are written', () => {
    const patterns = [...having('pattern', document)].map(([place, { pattern }]) => [place, String(pattern)] as const)
    expect(patterns.length).toBeGreaterThan(50)
    for (const [place, pattern] of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow()
      // RE2 has no \\u, no looking around, no references back, and no more than a thousand repetitions.
      expect([place, /\\[u1-9]|\(\?[=!<]|\{\d*,?\d{4,}/.test(pattern)]).toEqual([place, false])
    }
  })

  it('arrays say what they hold, and no request has alternatives for its fields', () => {
    for (const [place, schema] of having('type', document))
      if (schema.type === 'array')
        expect([place, schema]).toEqual([place, expect.objectContaining({ items: expect.anything() })])
    const { schemas } = document.components
    for (const [name, schema] of Object.entries(schemas).filter(([name]) => /Request$|Input$/.test(name)))
      expect([name, JSON.stringify(schema).match(/"(anyOf|oneOf|allOf|not)"/)]).toEqual([name, null])
  })

  it('errors are of one type', () => {
    const types = [...mediaIn({ ...document.components.responses, ...document.paths })]
      .filter(([place]) => /^[45]/.test(place.at(-3) ?? ''))
      .map(([, { schema }]) => JSON.stringify(schema))
    expect(types.length).toBeGreaterThan(100)
    expect([...new Set(types)]).toEqual(['{"$ref":"#/components/schemas/Status"}'])
  })
})

/** Every body of a request or an answer that the document describes, with its place. */
function* mediaIn(
  part: object,
  place: readonly string[] = [],
): Iterable<[readonly string[], Media['application/json']]> {
  for (const [name, value] of Object.entries(part)) {
    if (name === 'application/json') yield [[...place, name], value]
    else if (typeof value === 'object' && value !== null) yield* mediaIn(value, [...place, name])
  }
}

describe('what a token must allow', () => {
  it('is said of every operation by the scope of its method; the documents themselves need none', () => {
    expect(document.components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' })
    const said = Object.values(document.paths).flatMap((path) => Object.values(path))
    const needed = new Map(api.methods.map(({ desc, scope }) => [desc.name, [{ token: [scope] }]]))
    for (const { operationId, security } of said)
      expect([operationId, security]).toEqual([operationId, needed.get(operationId) ?? []])
    expect(operation(document, 'WatchGuests').security).toEqual([{ token: ['guests.read'] }])
  })
})

describe('the answers of a method', () => {
  const reasons = (id: string, status: string) =>
    [...(operation(document, id).responses[status]?.description.matchAll(/^- `([A-Z_]+)`/gm) ?? [])].map(
      ([, name]) => name,
    )

  it('are its status codes with their reasons, from the comments of the protos', () => {
    expect(Object.keys(operation(document, 'UpdateReservation').responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '408',
      '409',
      '413',
      '415',
      '429',
      '431',
      '500',
      '502',
      '503',
      '504',
    ])
    expect(reasons('CreateReservation', '400')).toEqual([
      'INVALID_FIELD',
      'IDEMPOTENCY_KEY_REUSED',
      'ROOM_NOT_AVAILABLE',
      'NO_ROOM_OF_TYPE_AVAILABLE',
    ])
    expect(reasons('CreateRoom', '409')).toEqual(['ROOM_NUMBER_TAKEN'])
    expect(reasons('UpdateRoom', '409')).toEqual(expect.arrayContaining(['ETAG_MISMATCH', 'ROOM_NUMBER_TAKEN']))
    expect(reasons('ListGuests', '400')).toEqual(['INVALID_FIELD', 'PAGE_TOKEN_INVALID'])
    expect(Object.keys(operation(document, 'GetGuest').responses)).not.toContain('409')
  })

  it('are those of another method where the comment says so', () => {
    expect(reasons('ReplaceReservation', '400')).toEqual(expect.arrayContaining(reasons('UpdateReservation', '400')))
  })

  it.each([
    ['no reason', { reason: undefined }],
    ['a reason of another domain', { domain: 'example' }],
  ])('are held to what they are: not %s', async (_what, change) => {
    const place = ['paths', '/reservations', 'post', 'responses', '400', 'content', 'application/json', 'schema']
    const info = {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'ROOM_NOT_AVAILABLE',
      domain: 'hotel',
      metadata: {},
    }
    const status = (detail: object) => ({ code: 9, message: '', details: [detail] })
    expect(await wrong(place, status(info))).toBeUndefined()
    expect(await wrong(place, status({ ...info, ...change }))).toBeDefined()
  })

  it('share one schema, and list their reasons for programs', () => {
    const { responses } = operation(document, 'CreateReservation')
    expect(responses['400']).toMatchObject({
      'x-reasons': reasons('CreateReservation', '400'),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Status' } } },
    })
  })

  it('have their headers', () => {
    const created = operation(document, 'CreateGuest').responses['201']?.headers ?? {}
    for (const name of ['etag', 'location', 'x-request-id', 'x-ratelimit-limit', 'x-ratelimit-remaining'])
      expect(created[name]?.required).toBe(true)
    expect(created).toHaveProperty('idempotent-replayed')
    expect(document.components.responses.TooManyRequests).toMatchObject({
      headers: { 'retry-after': { required: true }, 'x-ratelimit-policy': { required: true } },
    })
    expect(document.components.responses.MethodNotAllowed).toMatchObject({ headers: { allow: { required: true } } })
  })
})

describe('a body', () => {
  const place = (name: string) => ['components', 'schemas', name]
  const id = '01980000-0000-7000-8000-00000000002a'
  const stay = { guest: id, in_date: '2030-05-01', out_date: '2030-05-04' }

  it.each([
    ['CreateReservationRequest', { ...stay, room: id }],
    ['CreateReservationRequest', { ...stay, rooms: [id], room: '', room_type: '', status: 'PENDING' }],
    ['CreateGuestRequest', { first_name: ` ${'😀'.repeat(253)}\n`, hotel: '' }],
    ['CreateGuestRequest', { first_name: 'x', id: 5, etag: [], create_time: 'ignored' }],
    [
      'CreateGuestRequest',
      { first_name: '\u200bمریم\u200cزاده\u200e', phone: '\u202a+41\u00a044\u2011668 18 00\u202c' },
    ],
    ['CreateGuestRequest', { last_name: 'Sukarno' }],
    ['CreateGuestRequest', { first_name: '', last_name: 'Sukarno' }],
    ['CreateRoomTypeRequest', { name: '双人房', description: `\u202aTwo\nbeds\u0007${'x'.repeat(1989)}y` }],
    ['UpdateGuestRequest', { update_mask: 'first_name,last_name', first_name: 'x', etag: '' }],
    ['UpdateGuestRequest', {}],
  ])('of %s may be %j', async (name, body) => {
    expect(await wrong(place(name), body)).toBeUndefined()
  })

  it.each([
    ['CreateReservationRequest', { ...stay, rooms: [id, id] }],
    ['CreateReservationRequest', { ...stay, room: id, in_date: '1899-12-31' }],
    ['CreateReservationRequest', { ...stay, room: id.toUpperCase() }],
    ['CreateGuestRequest', { first_name: null }],
    ['CreateGuestRequest', { first_name: ' \u00a0\u2003' }],
    ['CreateGuestRequest', { first_name: 'x'.repeat(256) }],
    ['CreateGuestRequest', { first_name: 'a\u0000b' }],
    ['CreateGuestRequest', { first_name: 'a\u0007b' }],
    ['CreateGuestRequest', { first_name: 'a\u202eb' }],
    ['CreateGuestRequest', { first_name: '\u2060\u3164' }],
    ['CreateGuestRequest', { first_name: '', last_name: null }],
    ['CreateRoomTypeRequest', { name: 'x', description: '\u202e\u200b' }],
    ['CreateRoomTypeRequest', { name: 'x', description: 'x'.repeat(2001) }],
    ['CreateGuestRequest', { first_name: 'x', last_name: '' }],
    ['CreateGuestRequest', { first_name: 'x', firstName: 'x' }],
    ['UpdateGuestRequest', { update_mask: 'id' }],
    ['CreateRoomTypeRequest', { name: 'x', max_guests: 101 }],
  ])('of %s may not be %j', async (name, body) => {
    expect(await wrong(place(name), body)).toBeDefined()
  })
})

describe('protos of other kinds', () => {
  let document: Document
  let schemas: Record<string, unknown>
  beforeAll(async () => {
    document = documentOf(readApi(await buildEveryKind()))
    schemas = document.components.schemas
  }, 30_000)

  it('are described, nested messages apart for requests and answers', async () => {
    const part = { $ref: '#/components/schemas/ThingPartInput' }
    const color = { $ref: '#/components/schemas/ThingColor' }
    expect(schemas.CreateThingRequest).toMatchObject({
      properties: {
        parts: { type: 'array', items: part },
        colors: { type: 'array', items: color },
        weights: { type: 'object', additionalProperties: { type: 'integer', format: 'int32' } },
        large: { type: 'string', format: 'int64' },
        heavy: { type: 'boolean' },
        main: part,
        from_thing: { $ref: '#/components/schemas/OptionalId' },
        until: { type: 'string', format: 'date-time' },
        share: { type: 'number' },
      },
      required: ['parts'],
    })
    expect(schemas.ThingPartInput).toMatchObject({
      properties: { parts: { items: part } },
      additionalProperties: false,
    })
    expect(schemas.Thing).toMatchObject({
      properties: { parts: { items: { $ref: '#/components/schemas/ThingPart' } }, large: { type: 'string' } },
      required: ['id', 'etag', 'parts', 'colors', 'weights', 'large'],
    })
    const output = await validate(dialect, document as never, 'BASIC')
    expect(output.valid ? [] : output.errors).toEqual([])
  }, 30_000)

  it('take any string in a field of which nobody has heard', () => {
    expect(schemas.ReplaceThingRequest).toMatchObject({
      properties: { whatnot: { $ref: '#/components/schemas/AnyText' } },
    })
  })

  it('tell strings of one kind with several bounds apart', () => {
    expect(schemas.CreateThingRequest).toMatchObject({
      properties: { by_name: { $ref: '#/components/schemas/Name_20' } },
    })
    expect(schemas).toMatchObject({ Name: { maxLength: 255 }, Name_20: { minLength: 1, maxLength: 20 } })
  })

  it('have in the query what can stand there', () => {
    const parameters = operation(document, 'ListThings').parameters?.filter((parameter) => parameter.in === 'query')
    expect(parameters?.map(({ name }) => name)).toEqual(['colors', 'large'])
  })

  it('say why they refuse, and what they lead to', () => {
    const { responses } = operation(document, 'ReplaceThing')
    expect(responses['400']?.description).toContain('`ROOM_IN_USE`')
    expect(operation(document, 'CreateThing').responses['201']?.links).toHaveProperty('ReplaceThing')
  })

  it('stream', () => {
    expect(operation(document, 'WatchThings').responses['200']?.content).toHaveProperty(['text/event-stream'])
  })
})

import { STATUS_CODES } from 'node:http'
import type { Api, ApiMethod } from '../api.ts'
import { errorInfo } from '../limits/grpc-status.ts'
import { replies } from '../replies/replies.ts'
import type { comments } from './comments.ts'
import { headers, rateHeaders } from './headers.ts'
import { type Reason, reasonsOf, reasonsOfMethod } from './reasons.ts'
import type { Schema } from './schema.ts'
import type { Schemas } from './schemas.ts'
import { statusSchemas } from './status.ts'

/** The answers that are errors: google.rpc.Status, from the gateway and the services. */
export type Errors = {
  /** The responses of a method, by status; each lists its reasons. */
  ofMethod(method: ApiMethod): Record<string, Schema>
  /** Those that the gateway gives by itself. */
  ofGateway(...statuses: readonly number[]): Record<string, Schema>
  /** The components that these refer to. */
  readonly schemas: Readonly<Record<string, Schema>>
  readonly responses: Readonly<Record<string, Schema>>
}

/** The answers of Envoy itself to any request, to one with a body, and to one that waits for a service. */
const anyRequest = [400, 401, 429, 431, 500]
const anyBody = [408, 413, 415]
const anyCall = [502, 503, 504]

/** Makes the Errors of an API; the reasons come from the comments of its protos. */
export function errorsOf(api: Api, texts: ReturnType<typeof comments>, schemas: Schemas): Errors {
  const reasons = reasonsOf(api, texts)
  // Details of our own are messages that the comment of a reason names.
  const named = [...reasons.values()].flatMap(({ text }) => [...text.matchAll(/`(hotel\.[\w.]+)`/g)])
  const messages = [...new Set(named.map(([, name = '']) => name))].flatMap(
    (name) => api.registry.getMessage(name) ?? [],
  )
  const responses: Record<string, Schema> = {}

  const response = (status: number, names: readonly string[]): Schema => {
    const reply = replies.find(({ http }) => http === status)
    const described = names.flatMap((name) => reasons.get(name) ?? [])
    const make = () => errorResponse(status, reply?.message, described, reply?.code)
    const common = status === 403 ? 'PERMISSION_DENIED' : reply?.reason
    if (names.some((name) => name !== common)) return make()
    // The same for all that refer to it.
    const name = (STATUS_CODES[status] ?? '').replaceAll(/[^A-Za-z]/g, '')
    responses[name] ??= make()
    return { $ref: `#/components/responses/${name}` }
  }
  const all = (named: readonly Pick<Reason, 'http' | 'name'>[]): Record<string, Schema> => {
    const byStatus = Map.groupBy(named, ({ http }) => http)
    const unique = (list: typeof named) => [...new Set(list.map(({ name }) => name))]
    return Object.fromEntries([...byStatus].map(([status, list]) => [status, response(status, unique(list))]))
  }
  const ofGateway = (statuses: readonly number[]) =>
    replies.filter(({ http }) => statuses.includes(http)).map(({ http, reason }) => ({ http, name: reason }))

  // Of no operation, as it is said of methods that a path does not have.
  all(ofGateway([405]))
  return {
    ofMethod: (method) =>
      all([
        ...['PERMISSION_DENIED', ...reasonsOfMethod(method, api, texts)].flatMap((name) => reasons.get(name) ?? []),
        ...ofGateway([...anyRequest, ...anyCall, ...(method.http?.body ? anyBody : [])]),
      ]),
    ofGateway: (...statuses) => all(ofGateway(statuses)),
    schemas: statusSchemas([...reasons.values()], messages, schemas.fields),
    responses,
  }
}

function errorResponse(status: number, message: string | undefined, reasons: readonly Reason[], code?: number): Schema {
  const list = reasons.map(({ name, text }) => `- \`${name}\`: ${text}`)
  const example = (reason: Reason) => ({
    summary: reason.text,
    value: {
      code: reason.http === status ? reason.code : code,
      message: reason.http === status ? reason.text : message,
      details: [errorInfo(reason.name, exampleMetadata(reason.metadata))],
    },
  })
  return {
    description: [`${STATUS_CODES[status]}.`, ...(message ? [message] : []), '', ...list].join('\n'),
    headers: errorHeaders(status, reasons),
    // Which of them, for programs: a schema of each answer would be a type of each in generated clients.
    'x-reasons': reasons.map(({ name }) => name),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Status' },
        examples: Object.fromEntries(reasons.map((reason) => [reason.name, example(reason)])),
      },
    },
  }
}

function errorHeaders(status: number, reasons: readonly Reason[]): Schema {
  // Envoy's answers before it has read the request come before the limits, and have no request id.
  const perhaps = ['x-request-id', ...rateHeaders] as const
  if (status === 401) return headers(['www-authenticate'], perhaps)
  if (status === 405) return headers(['allow'], perhaps)
  if ([502, 503, 504].includes(status)) return headers(['retry-after'], perhaps)
  if (status === 429) {
    const ofLimit = ['retry-after', 'x-ratelimit-policy'] as const
    // A service may have limits of its own.
    return reasons.length === 1
      ? headers([...ofLimit, ...rateHeaders, 'x-request-id'])
      : headers([], [...ofLimit, ...perhaps])
  }
  return headers([], perhaps)
}

function exampleMetadata(keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, metadataExamples[key] ?? '...']))
}

const metadataExamples: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['id', 'guest', 'room', 'room_type', 'reservations', 'rooms', 'blocks'].map((key) => [
      key,
      '01980000-0000-7000-8000-00000000002a',
    ]),
  ),
  etag: '"4"',
  field: 'guest',
  from: 'CHECKED_IN',
  hold_until: '2030-04-30T12:00:00Z',
  idempotency_key: 'booking-1',
  in_date: '2030-05-01',
  location: '00000000-0000-7000-8000-000000000002',
  number: '101',
  out_date: '2030-05-04',
  peer: 'guests',
  policy: 'client-per-second',
  resource: 'guest',
  scope: 'reservations.read',
  status: 'CHECKED_OUT',
  to: 'PENDING',
  today: '2030-04-30',
  tried_until: '2030-04-30T12:10:00.000Z',
  used_by: 'rooms',
}

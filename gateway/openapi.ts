import type { DescField } from '@bufbuild/protobuf'
import { comments } from './comments.ts'
import { type Api, type ApiMethod, type HttpRule, hasBehavior } from './http-rules.ts'
import { fieldSchema, idSchema, messageSchemas, type Schema, schemaName } from './openapi-schemas.ts'

/** The OpenAPI 3.1 document of all that is reachable over REST, with the protos' comments as descriptions. */
export function openApi(api: Api): object {
  const texts = comments(api.descriptors)
  const paths: Record<string, Record<string, Schema>> = {}
  for (const method of api.methods) {
    if (method.http === undefined) continue
    const { template, verb } = method.http
    paths[template] = { ...paths[template], [verb.toLowerCase()]: operation(api, method, method.http, texts) }
  }
  const tags = [...new Set(api.methods.map((method) => method.desc.parent))].map((service) => ({
    name: service.name,
    description: texts.get(service.proto) ?? '',
  }))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Hotel reservations',
      version: '1.0.0',
      description:
        'The REST form of the gRPC API. Every error is a google.rpc.Status; its ErrorInfo carries a documented reason. ' +
        'A field that is null counts as absent. Unknown fields and query parameters are refused.',
    },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: {
      schemas: { ...messageSchemas(api, texts), Status: statusSchema(api, texts) },
      responses: { Error: errorResponse() },
      headers: rateHeaders,
    },
  }
}

type Texts = ReturnType<typeof comments>

function operation(api: Api, method: ApiMethod, rule: HttpRule, texts: Texts): Schema {
  const { desc } = method
  const [summary, ...rest] = (texts.get(desc.proto) ?? desc.name).split('\n\n')
  const outside = desc.input.fields.filter((field) => !rule.variables.includes(field.name))
  const parameters = [
    ...rule.variables.map((name) => ({ name, in: 'path', required: true, schema: idSchema })),
    ...(rule.body ? [] : outside.map((field) => queryParameter(api, field, texts))),
    ...(method.kind === 'write' ? writeHeaders(rule) : []),
    ...(method.kind === 'stream' ? [lastEventId] : []),
  ]
  return {
    operationId: desc.name,
    tags: [desc.parent.name],
    summary: summary ?? '',
    ...(rest.length > 0 && { description: rest.join('\n\n') }),
    parameters,
    ...(rule.body && {
      requestBody: {
        required: outside.some((field) => hasBehavior(api.registry, field, 'REQUIRED')),
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(desc.input)}` } } },
      },
    }),
    responses: {
      [created(method, rule) ? '201' : '200']: success(method, rule),
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function created(method: ApiMethod, rule: HttpRule): boolean {
  return rule.verb === 'POST' && method.desc.name.startsWith('Create')
}

function success(method: ApiMethod, rule: HttpRule): Schema {
  const output = method.desc.output
  const header = (description: string) => ({ description, schema: { type: 'string' } })
  return {
    description: method.kind === 'stream' ? streamed : created(method, rule) ? 'Created.' : 'Done.',
    headers: {
      ...(output.fields.some((field) => field.name === 'etag') && { etag: header('The value for if-match.') }),
      ...(created(method, rule) && { location: header('Path of the new resource.') }),
      ...(method.kind === 'write' && {
        'idempotent-replayed': header(
          'true when this repeats the answer to an earlier request with the same idempotency-key.',
        ),
      }),
      ...Object.fromEntries(Object.keys(rateHeaders).map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    },
    content: Object.fromEntries(
      (method.kind === 'stream' ? ['application/x-ndjson', 'text/event-stream'] : ['application/json']).map((type) => [
        type,
        { schema: { $ref: `#/components/schemas/${schemaName(output)}` } },
      ]),
    ),
  }
}

const lastEventId = {
  name: 'last-event-id',
  in: 'header',
  description: 'The id of the last event, as browsers send it: goes on from there, whatever cursor or from_now say.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]*$' },
}

const streamed =
  'One answer a line without end; with `accept: text/event-stream` each is the data of a server-sent event, whose id is its cursor.'

function queryParameter(api: Api, field: DescField, texts: Texts): Schema {
  return {
    name: field.name,
    in: 'query',
    required: hasBehavior(api.registry, field, 'REQUIRED'),
    description: texts.get(field.proto) ?? '',
    schema: fieldSchema(field),
  }
}

function writeHeaders(rule: HttpRule): Schema[] {
  const key = {
    name: 'idempotency-key',
    in: 'header',
    description: 'Makes a repeat safe: the same key with the same request gives the first answer again.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  }
  const match = {
    name: 'if-match',
    in: 'header',
    description: 'The etag that must still hold; otherwise ABORTED with ETAG_MISMATCH, and nothing changes.',
    schema: { type: 'string' },
  }
  return rule.variables.length > 0 ? [key, match] : [key]
}

const integer = { type: 'integer', minimum: 0 }
const rateHeaders = {
  'x-ratelimit-limit': { description: 'Requests that a client may make in the current second.', schema: integer },
  'x-ratelimit-remaining': { description: 'Requests left of them.', schema: integer },
  'x-ratelimit-reset': { description: 'Seconds until they are all there again.', schema: integer },
}

function errorResponse(): Schema {
  const headers = {
    'retry-after': { description: 'With 429: seconds to wait.', schema: integer },
    'x-ratelimit-policy': {
      description: 'With 429: the limit that was met.',
      schema: { type: 'string', enum: ['client-per-second', 'reservation-status-per-minute'] },
    },
    allow: { description: 'With 405: the methods that the path knows.', schema: { type: 'string' } },
  }
  const schema = { $ref: '#/components/schemas/Status' }
  return { description: 'Refused or failed: google.rpc.Status.', headers, content: { 'application/json': { schema } } }
}

function statusSchema(api: Api, texts: Texts): Schema {
  const reasons = (api.registry.getEnum('hotel.errors.v1.ErrorReason')?.values ?? []).filter(
    (value) => value.number !== 0,
  )
  const reason = {
    type: 'string',
    enum: reasons.map((value) => value.name),
    description: reasons
      .map((value) => `- \`${value.name}\`: ${(texts.get(value.proto) ?? '').replaceAll('\n', ' ')}`)
      .join('\n'),
  }
  const detail = {
    type: 'object',
    description:
      'google.rpc.ErrorInfo in every error, with `reason`; ' +
      'besides it BadRequest, PreconditionFailure or hotel.reservations.v1.Alternatives.',
    properties: {
      '@type': { type: 'string' },
      reason,
      domain: { type: 'string', const: 'hotel' },
      metadata: { type: 'object', additionalProperties: { type: 'string' } },
    },
    required: ['@type'],
  }
  return {
    type: 'object',
    description: 'An error.',
    properties: {
      code: { type: 'integer', description: 'google.rpc.Code.' },
      message: { type: 'string', description: 'For people; decide on code and reason.' },
      details: { type: 'array', items: detail },
    },
    required: ['code', 'message', 'details'],
  }
}

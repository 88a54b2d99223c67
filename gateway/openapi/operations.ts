import { type DescField, ScalarType } from '@bufbuild/protobuf'
import { type Api, type ApiMethod, type HttpRule, hasField } from '../api.ts'
import { fieldType, fitsQuery } from '../guard/field-types.ts'
import type { comments } from './comments.ts'
import type { Errors } from './errors.ts'
import { exampleMessage } from './examples.ts'
import { headers, rateHeaders, requestHeader, unchanged } from './headers.ts'
import { isCreation, linksFrom } from './links.ts'
import type { Schema } from './schema.ts'
import { isEmptyAbsent, isRequired, type Schemas } from './schemas.ts'

/** The parts that operations are made from. */
export type Parts = {
  readonly api: Api
  readonly texts: ReturnType<typeof comments>
  readonly schemas: Schemas
  readonly errors: Errors
}

/** A method as OpenAPI's operation. */
export function operation(method: ApiMethod, rule: HttpRule, parts: Parts): Schema {
  const { desc } = method
  const [summary = '', ...rest] = (parts.texts.get(desc.proto) ?? desc.name).split('\n\n')
  return {
    operationId: desc.name,
    tags: [desc.parent.name],
    summary: summary.replaceAll('\n', ' '),
    description: rest.length > 0 ? rest.join('\n\n') : summary,
    security: [{ token: [method.scope] }],
    parameters: parameters(method, rule, parts),
    ...(rule.body && { requestBody: requestBody(method, rule, parts) }),
    responses: {
      [isCreation(desc.name, rule) ? '201' : '200']: success(method, rule, parts),
      ...(isConditional(method) && { 304: unchanged }),
      ...parts.errors.ofMethod(method),
    },
  }
}

function parameters(method: ApiMethod, rule: HttpRule, { api, texts, schemas }: Parts): Schema[] {
  const { input } = method.desc
  const query = rule.body ? [] : input.fields.filter((field) => !rule.variables.includes(field.name))
  const queryParameter = (field: DescField): Schema => ({
    name: field.name,
    in: 'query',
    description: texts.get(field.proto) ?? '',
    ...(isRequired(api, field) && { required: true }),
    // A name without a value is as good as none.
    ...(!isRequired(api, field) && isEmptyText(field) && { allowEmptyValue: true }),
    schema: schemas.parameter(field),
  })
  return [
    ...input.fields
      .filter((field) => rule.variables.includes(field.name))
      .map((field) => ({ name: field.name, in: 'path', required: true, schema: schemas.parameter(field) })),
    ...query.filter((field) => fitsQuery(fieldType(field))).map(queryParameter),
    ...(method.kind === 'write' ? [requestHeader('idempotency-key')] : []),
    ...(method.kind === 'write' && hasField(input, 'etag') ? [requestHeader('if-match')] : []),
    ...(isConditional(method) ? [requestHeader('if-none-match')] : []),
    ...(method.kind === 'stream' ? [requestHeader('last-event-id')] : []),
    requestHeader('x-request-id'),
  ]
}

function requestBody(method: ApiMethod, rule: HttpRule, { api, schemas }: Parts): Schema {
  const { input } = method.desc
  const outside = input.fields.filter((field) => !rule.variables.includes(field.name))
  const example = exampleMessage(input, api, 'request')
  const fields = Object.entries(example).filter(([name]) => !rule.variables.includes(name))
  return {
    // Nothing is made of nothing, also where no one field must be there, as of a guest with either name.
    required: isCreation(method.desc.name, rule) || outside.some((field) => isRequired(api, field)),
    content: { 'application/json': { schema: schemas.request(method), example: Object.fromEntries(fields) } },
  }
}

function success(method: ApiMethod, rule: HttpRule, { api, texts, schemas }: Parts): Schema {
  const { output } = method.desc
  const [description = ''] = (texts.get(output.proto) ?? output.name).split('\n\n')
  const example = exampleMessage(output, api, 'answer')
  const schema = schemas.answer(output)
  if (method.kind === 'stream')
    return {
      description: `${description} ${streamed}`,
      headers: headers(['x-request-id', ...rateHeaders, 'cache-control', 'x-accel-buffering']),
      content: { 'application/x-ndjson': { schema }, 'text/event-stream': { schema: serverSentEvent(schema) } },
    }
  return {
    description,
    headers: headers(
      [
        'x-request-id',
        ...rateHeaders,
        ...(hasField(output, 'etag') ? (['etag'] as const) : []),
        ...(isCreation(method.desc.name, rule) ? (['location'] as const) : []),
      ],
      method.kind === 'write' ? ['idempotent-replayed'] : [],
    ),
    content: { 'application/json': { schema, example } },
    ...linksFrom(method, api),
  }
}

/** Whether what is read has a version, by which a client can ask for it only when it has changed. */
function isConditional({ kind, desc }: ApiMethod): boolean {
  return kind === 'read' && hasField(desc.output, 'etag')
}

/** Whether a string without a value is as good as none. */
function isEmptyText(field: DescField): boolean {
  return isEmptyAbsent(field) && field.scalar === ScalarType.STRING
}

/** An event whose data is JSON, in the way that OpenAPI 3.2 describes the items of a stream. */
function serverSentEvent(schema: Schema): Schema {
  return {
    type: 'object',
    properties: {
      data: { type: 'string', contentMediaType: 'application/json', contentSchema: schema },
      id: { type: 'string', description: 'The cursor after these changes: the value for `last-event-id`.' },
    },
    required: ['data', 'id'],
  }
}

const streamed =
  'One answer for each line, without end; with `accept: text/event-stream` each is the data of a server-sent event, whose id is ' +
  'its cursor.'

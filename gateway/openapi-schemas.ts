import type { DescField, DescMessage } from '@bufbuild/protobuf'
import type { comments } from './comments.ts'
import { type Api, enumNames, fieldType, hasBehavior } from './http-rules.ts'

/** A piece of the document: JSON Schema or OpenAPI's own objects. */
export type Schema = { readonly [key: string]: unknown }

/** What Envoy's guard takes for an id in a path. */
export const idSchema: Schema = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
}

/** Schemas of all messages that requests and answers over REST consist of, by `schemaName`. */
export function messageSchemas(api: Api, texts: ReturnType<typeof comments>): Record<string, Schema> {
  const schemas: Record<string, Schema> = {}
  const named = new Map<string, DescMessage>()
  const add = (message: DescMessage, omitted: readonly string[]) => {
    const name = schemaName(message)
    const other = named.get(name)
    if (other === message) return
    if (other) throw new Error(`${other.typeName} and ${message.typeName} would have one name in the OpenAPI document`)
    named.set(name, message)
    schemas[name] = messageSchema(api, message, omitted, texts)
    for (const field of message.fields) {
      // The schema of errors is written by hand, as the details are known to be.
      if (field.message?.typeName === 'google.rpc.Status') continue
      if (['message', 'messages'].includes(fieldType(field)) && field.message) add(field.message, [])
    }
  }
  for (const { desc, http } of api.methods) {
    if (http === undefined) continue
    if (http.body) add(desc.input, http.variables)
    add(desc.output, [])
  }
  return schemas
}

/** Name of a message's schema: without its package. */
export function schemaName(message: DescMessage): string {
  return message.name
}

/** Schema of one field, in bodies and queries. */
export function fieldSchema(field: DescField): Schema {
  const type = fieldType(field)
  switch (type) {
    case 'string':
      return stringSchema(field.name)
    case 'strings':
      return { type: 'array', items: stringSchema(field.name) }
    case 'integer':
      return field.name === 'page_size'
        ? { type: 'integer', minimum: 0, maximum: 500 }
        : { type: 'integer', format: 'int32' }
    case 'boolean':
      return { type: 'boolean' }
    case 'enum':
      return { type: 'string', enum: enumNames(field) }
    case 'timestamp':
      return { type: 'string', format: 'date-time' }
    case 'mask':
      return { type: 'string', examples: ['note'] }
    case 'message':
      return { $ref: `#/components/schemas/${field.message?.name}` }
    case 'messages':
      return { type: 'array', items: { $ref: `#/components/schemas/${field.message?.name}` } }
    default:
      return type satisfies never
  }
}

/** What a string holds, by the name that it has everywhere in the API; the services check more than a schema can say. */
const stringSchemas: Readonly<Record<string, Schema>> = Object.fromEntries([
  ...['id', 'hotel', 'location', 'guest', 'room', 'rooms', 'room_type', 'reservation', 'reservations'].map((name) => [
    name,
    idSchema,
  ]),
  ...['in_date', 'out_date', 'from', 'to', 'deleted_from', 'deleted_to'].map((name) => [
    name,
    { type: 'string', format: 'date' },
  ]),
  ...['first_name', 'last_name', 'name', 'number', 'address', 'city'].map((name) => [
    name,
    { type: 'string', minLength: 1, maxLength: 255 },
  ]),
  ...['note', 'reason', 'description'].map((name) => [name, { type: 'string', maxLength: 2000 }]),
  ['email', { type: 'string', format: 'email' }],
  ['country_code', { type: 'string', pattern: '^[A-Z]{2}$' }],
])

function stringSchema(name: string): Schema {
  return stringSchemas[name] ?? { type: 'string' }
}

function messageSchema(
  api: Api,
  message: DescMessage,
  omitted: readonly string[],
  texts: ReturnType<typeof comments>,
): Schema {
  const fields = message.fields.filter((field) => !omitted.includes(field.name))
  const required = fields.filter((field) => hasBehavior(api.registry, field, 'REQUIRED')).map((field) => field.name)
  return {
    type: 'object',
    description: texts.get(message.proto) ?? '',
    properties: Object.fromEntries(
      fields.map((field) => [
        field.name,
        {
          ...fieldSchema(field),
          description: texts.get(field.proto) ?? '',
          ...(hasBehavior(api.registry, field, 'OUTPUT_ONLY') && { readOnly: true }),
        },
      ]),
    ),
    ...(required.length > 0 && { required }),
  }
}

import type { Reason } from './openapi-reasons.ts'
import type { Schema } from './openapi-schemas.ts'

/** A message that stands in the details of errors, by its full name. */
type Detail = { readonly typeName: string; readonly schema: Schema }

/** google.rpc.Status with the details that the suite sends: google/rpc/error_details.proto, and messages of our own. */
export function statusSchemas(reasons: readonly Reason[], own: readonly Detail[]): Record<string, Schema> {
  const reason = {
    type: 'string',
    description: reasons.map(({ name, text }) => `- \`${name}\`: ${text}`).join('\n'),
    enum: reasons.map(({ name }) => name),
  }
  const metadata = { type: 'object', additionalProperties: { type: 'string' } }
  const google = {
    ErrorInfo: detail('ErrorInfo', 'Says why.', { reason, domain: { type: 'string', const: 'hotel' }, metadata }),
    BadRequest: detail('BadRequest', 'Names every wrong field and the remedy.', {
      field_violations: violations(['field', 'description']),
    }),
    PreconditionFailure: detail('PreconditionFailure', 'Names what is in the way.', {
      violations: violations(['type', 'subject', 'description']),
    }),
    RetryInfo: detail('RetryInfo', 'Says when to repeat.', { retry_delay: { type: 'string', examples: ['1s'] } }),
  }
  const ours = own.map(({ typeName, schema }) => ({ allOf: [typed(typeName), schema] }))
  const references = Object.keys(google).map((name) => ({ $ref: `#/components/schemas/${name}` }))
  return {
    Status: {
      type: 'object',
      description: 'An error: google.rpc.Status. Decide on `code` and on the `reason` of its ErrorInfo.',
      properties: {
        code: { type: 'integer', description: 'google.rpc.Code.' },
        message: { type: 'string', description: 'For people.' },
        details: {
          type: 'array',
          description: 'ErrorInfo in every error; besides it what names the fields or the things in the way.',
          minItems: 1,
          items: { anyOf: [...references, ...ours] },
        },
      },
      required: ['code', 'message', 'details'],
    },
    ...google,
  }
}

/** An object of this type, as google.protobuf.Any has it in JSON. */
function typed(typeName: string): Schema {
  return {
    type: 'object',
    properties: { '@type': { type: 'string', const: `type.googleapis.com/${typeName}` } },
    required: ['@type'],
  }
}

function detail(name: string, description: string, properties: Readonly<Record<string, Schema>>): Schema {
  const type = typed(`google.rpc.${name}`) as { properties: Record<string, Schema>; required: string[] }
  return {
    ...type,
    description,
    properties: { ...type.properties, ...properties },
    required: [...type.required, ...Object.keys(properties)],
  }
}

function violations(properties: readonly string[]): Schema {
  return {
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      properties: Object.fromEntries(properties.map((name) => [name, { type: 'string' }])),
      required: properties,
    },
  }
}

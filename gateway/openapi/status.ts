import type { DescMessage } from '@bufbuild/protobuf'
import type { Reason } from './reasons.ts'
import type { Schema } from './schema.ts'

/**
 * google.rpc.Status with the details that the suite sends, those of google/rpc/error_details.proto and those of our own. One
 * schema has the fields of all of them: of alternatives, generators of clients make types that refuse what they do not know.
 */
export function statusSchemas(
  reasons: readonly Reason[],
  own: readonly DescMessage[],
  fieldsOf: (message: DescMessage) => Schema,
): Record<string, Schema> {
  return {
    Status: {
      type: 'object',
      description: 'An error: google.rpc.Status. Decide on `code` and on the `reason` of its ErrorInfo.',
      properties: {
        code: { type: 'integer', description: 'google.rpc.Code.' },
        message: { type: 'string', description: 'For people.' },
        details: {
          type: 'array',
          description: 'ErrorInfo in every error; further details name the wrong fields or the conflicting resources.',
          minItems: 1,
          items: { $ref: '#/components/schemas/ErrorDetail' },
          contains: {
            properties: { reason: {}, domain: {}, metadata: {} },
            required: ['reason', 'domain', 'metadata'],
          },
        },
      },
      required: ['code', 'message', 'details'],
    },
    ErrorDetail: {
      type: 'object',
      description: ['A detail of the type that `@type` names; it has the fields of that type.', '', ...types(own)].join(
        '\n',
      ),
      properties: {
        '@type': { type: 'string', description: 'type.googleapis.com/ and the name of the type.' },
        reason: {
          type: 'string',
          description: ['The reason of an ErrorInfo. New values may be added.', ...reasons.map(listed)].join('\n'),
        },
        domain: { type: 'string', description: 'Of ErrorInfo.', const: 'hotel' },
        metadata: { type: 'object', description: 'Of ErrorInfo.', additionalProperties: { type: 'string' } },
        field_violations: violations('BadRequest', ['field', 'description']),
        violations: violations('PreconditionFailure', ['type', 'subject', 'description']),
        retry_delay: { type: 'string', description: 'Of RetryInfo: seconds, such as 1s.' },
        ...Object.assign({}, ...own.map(fieldsOf)),
      },
      required: ['@type'],
      additionalProperties: true,
    },
  }
}

function types(own: readonly DescMessage[]): string[] {
  return [
    '- google.rpc.ErrorInfo has the reason: `reason`, `domain`, `metadata`.',
    '- google.rpc.BadRequest names every wrong field and the remedy: `field_violations`.',
    '- google.rpc.PreconditionFailure names the conflicting nights or resources: `violations`.',
    '- google.rpc.RetryInfo has the time to wait before a repeat: `retry_delay`.',
    ...own.map(({ typeName, fields }) => `- ${typeName}: ${fields.map(({ name }) => `\`${name}\``).join(', ')}.`),
  ]
}

function listed({ name, text }: Reason): string {
  return `- \`${name}\`: ${text}`
}

function violations(type: string, properties: readonly string[]): Schema {
  return {
    type: 'array',
    description: `Of ${type}.`,
    minItems: 1,
    items: {
      type: 'object',
      properties: Object.fromEntries(properties.map((name) => [name, { type: 'string' }])),
      required: properties,
      additionalProperties: true,
    },
  }
}

import type { Errors } from './errors.ts'
import { headers, requestHeader, unchanged } from './headers.ts'
import type { Schema } from './schema.ts'

/** The paths that the gateway answers without a service, and without a limit. */
export function gatewayPaths(errors: Errors): Record<string, Record<string, Schema>> {
  const document = (
    operationId: string,
    summary: string,
    description: string,
    schema: Schema,
    example?: object,
  ): Schema => ({
    operationId,
    tags: ['Gateway'],
    summary,
    description,
    security: [],
    parameters: [requestHeader('if-none-match')],
    responses: {
      200: {
        description: 'OK.',
        headers: headers(['x-request-id', 'etag']),
        content: { 'application/json': { schema, ...(example && { example }) } },
      },
      304: unchanged,
      ...errors.ofGateway(400, 431),
    },
  })
  const addresses = { type: 'object', additionalProperties: { type: 'string', format: 'uri-reference' } }
  const openApi = {
    type: 'object',
    properties: { openapi: { type: 'string' }, info: { type: 'object' }, paths: { type: 'object' } },
    required: ['openapi', 'info', 'paths'],
  }
  return {
    '/': {
      get: document('ListCollections', 'Returns the paths of the collections.', 'Each under its name.', addresses, {
        guests: '/guests',
      }),
    },
    '/openapi.json': { get: document('GetOpenApi', 'Returns this document.', 'It has an etag.', openApi) },
    '/healthz': {
      get: {
        operationId: 'CheckHealth',
        tags: ['Gateway'],
        summary: 'Reports whether every service answers.',
        description: 'It needs no token.',
        security: [],
        responses: {
          200: { description: 'Each service has an instance that answers.', headers: headers(['x-request-id']) },
          ...errors.ofGateway(400, 431, 503),
        },
      },
    },
  }
}

import type { Errors } from './openapi-errors.ts'
import { headers, requestHeader, unchanged } from './openapi-headers.ts'
import type { Schema } from './openapi-schemas.ts'

/** The paths that the gateway answers without a service, and without a limit. */
export function gatewayPaths(errors: Errors): Record<string, Record<string, Schema>> {
  const document = (operationId: string, summary: string, schema: Schema, example?: object): Schema => ({
    operationId,
    tags: ['Gateway'],
    summary,
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
      get: document('ListCollections', 'Gives the paths of the collections.', addresses, {
        guests: '/guests',
      }),
    },
    '/openapi.json': { get: document('GetOpenApi', 'Gives this document.', openApi) },
    '/healthz': {
      get: {
        operationId: 'CheckHealth',
        tags: ['Gateway'],
        summary: 'Says whether every service answers.',
        security: [],
        responses: {
          200: { description: 'Each service has an instance that answers.', headers: headers(['x-request-id']) },
          ...errors.ofGateway(400, 431, 503),
        },
      },
    },
  }
}

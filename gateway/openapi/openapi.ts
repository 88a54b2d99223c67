import type { Api } from '../api.ts'
import { comments } from './comments.ts'
import { errorsOf } from './errors.ts'
import { gatewayPaths } from './gateway-answers.ts'
import { headerComponents, requestHeaders } from './headers.ts'
import { operation } from './operations.ts'
import type { Schema } from './schema.ts'
import { schemasOf } from './schemas.ts'

/**
 * The OpenAPI 3.1 document of all that is reachable over REST, made from the protos and their comments. It says what the
 * gateway and the services really take and answer; the tests hold both to it.
 */
export function openApi(api: Api): object {
  const texts = comments(api.descriptors)
  const schemas = schemasOf(api, texts)
  const parts = { api, texts, schemas, errors: errorsOf(api, texts, schemas) }
  const paths: Record<string, Record<string, Schema>> = gatewayPaths(parts.errors)
  for (const method of api.methods) {
    if (method.http === undefined) continue
    const { template, verb } = method.http
    paths[template] = { ...paths[template], [verb.toLowerCase()]: operation(method, method.http, parts) }
  }
  const tags = [...new Set(api.methods.map((method) => method.desc.parent))].map((service) => ({
    name: service.name,
    description: texts.get(service.proto) ?? '',
  }))
  return {
    openapi: '3.1.0',
    info: { title: 'Hotel reservations', version: '1.0.0', description, license: { name: 'MIT', identifier: 'MIT' } },
    servers,
    tags: [...tags, { name: 'Gateway', description: 'Answers of the gateway itself, without a limit.' }],
    paths,
    components: {
      schemas: { ...schemas.components, ...parts.errors.schemas },
      responses: parts.errors.responses,
      headers: headerComponents([paths, parts.errors.responses]),
      parameters: requestHeaders,
      securitySchemes: { token },
    },
  }
}

const servers = [
  {
    url: '{origin}',
    description: 'The gateway.',
    variables: { origin: { default: 'http://127.0.0.1:8000', description: 'Its scheme, host and port.' } },
  },
  { url: '/', description: 'The origin of this document.' },
]

const token = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    "A token of the issuer that the suite trusts, with the operation's scope in its claim `scope`; its claim `hotels` names " +
    'the hotels whose data it sees and changes.',
}

const description = `The REST form of the gRPC API. gRPC clients call the same methods at the same address.

- JSON is snake_case. In a request a field that is null counts as absent. Unknown and repeated fields and query parameters
  are refused; a body is one object of at most 64 KiB, as application/json. Names of enum values are accepted in any case, and
  with hyphens.
- The answer of a GET can be sent back by PUT: fields that only the service sets are ignored in requests.
- A trailing slash changes nothing, and \`%3A\` in a path is a colon. A method that a path does not have is answered with
  405 and \`allow\`. Each path with GET also answers HEAD, and OPTIONS lists the methods of a path.
- Answers of 1 KB and more are compressed for clients that accept br or gzip. A body with a \`content-encoding\` is
  refused with 415. A header with \`_\` in its name is refused with 400.
- Every write accepts \`idempotency-key\`; a repeat gets the first answer again, marked \`idempotent-replayed\`.
- Every resource has an \`etag\`, as a field and as a header; a write whose \`if-match\` no longer matches changes nothing.
- Every error is a google.rpc.Status. Decide on its code and reason, never on its message.
- Every request needs a token, as \`authorization: Bearer\`; each operation names the required scope.
- A client has as many requests a second as \`x-ratelimit-limit\` says; more are refused with 429 and \`retry-after\`.`

import { addressOf, type Call } from './call.ts'
import type { ApiDocument } from './document.ts'
import { packages } from './packages.ts'

/** The call for a shell with curl. The token is not in it: `$token` stands for it. */
export function curlOf(call: Call, origin = location.origin): string {
  const { method, body, etag } = call
  const parts = ['curl', `-H "authorization: Bearer $token"`]
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) parts.push(`-X ${method}`)
  if (method !== 'GET') parts.push('-H "idempotency-key: $(uuidgen)"')
  if (etag !== undefined) parts.push(`-H ${quoted(`if-match: ${etag}`)}`)
  if (body !== undefined) parts.push(`--json ${quoted(JSON.stringify(body))}`)
  return [...parts, quoted(origin + addressOf(call))].join(' ')
}

/** The same call for grpcurl; undefined for what has no method of gRPC. */
export function grpcurlOf(document: ApiDocument, call: Call, at = location): string | undefined {
  const found = findOperation(document, call)
  const service = found?.operation.tags[0] ?? ''
  const name = packages[service]
  if (found === undefined || name === undefined) return undefined
  const { operation, ids } = found
  const schemas = new Map(
    (operation.parameters ?? []).flatMap((each) => ('name' in each ? [[each.name, each.schema] as const] : [])),
  )
  const typed = Object.entries(call.query ?? {}).flatMap(([field, value]) => {
    if (!value) return []
    const { type } = schemas.get(field) ?? {}
    return [[field, type === 'integer' ? Number(value) : type === 'boolean' ? value === 'true' : value]]
  })
  const message = { ...ids, ...Object.fromEntries(typed), ...(call.body as object | undefined) }
  const parts = ['grpcurl', ...(at.protocol === 'https:' ? [] : ['-plaintext'])]
  parts.push(`-H "authorization: Bearer $token"`)
  if (call.method !== 'GET') parts.push('-H "idempotency-key: $(uuidgen)"')
  if (call.etag !== undefined) parts.push(`-H ${quoted(`if-match: ${call.etag}`)}`)
  if (Object.keys(message).length > 0) parts.push(`-d ${quoted(JSON.stringify(message))}`)
  const port = at.port || (at.protocol === 'https:' ? '443' : '80')
  return [...parts, `${at.hostname}:${port}`, `${name}.${service}/${operation.operationId}`].join(' ')
}

/** The operation whose template the path fits, the one with the fewest ids first, and the ids in the path. */
function findOperation(document: ApiDocument, { method, path }: Call) {
  for (const [template, operations] of Object.entries(document.paths).sort(
    ([a], [b]) => a.split('{').length - b.split('{').length,
  )) {
    const operation = operations[method.toLowerCase()]
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/:]+)')}$`)
    const values = pattern.exec(path)?.slice(1)
    if (operation !== undefined && values !== undefined)
      return {
        operation,
        ids: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(values[at] ?? '')])),
      }
  }
  return undefined
}

/** In single quotes, in which a shell changes nothing. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

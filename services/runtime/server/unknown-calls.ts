import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { type CompatServiceDefinition, type ServerAddBuilder, Status } from 'nice-grpc'
import { Refusal, statusMessage } from '../resource/refusal.ts'
import { finish } from '../telemetry/finish.ts'
import { UNKNOWN_METHOD } from '../telemetry/metrics.ts'
import { beginCall, type Method, methodAt, REQUEST_ID } from '../telemetry/observe.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Published by Node for each HTTP/2 request before its server sees it. */
const STARTS = 'http2.server.stream.start'

/** A builder that notes the path of each method that is added. */
export function noting<Ext>(builder: ServerAddBuilder<Ext>, served: Set<string>): ServerAddBuilder<Ext> {
  return {
    with: (middleware) => noting(builder.with(middleware), served),
    add(definition, implementation) {
      for (const path of pathsOf(definition)) served.add(path)
      builder.add(definition, implementation)
    },
  }
}

/**
 * Sees the calls to methods that are not served, which grpc-js answers with UNIMPLEMENTED before any interceptor: these
 * too get an id, details, a log line and a count. Returns how to stop.
 */
export function observeUnknownCalls(telemetry: Telemetry, served: ReadonlySet<string>): () => void {
  const method = methodAt(telemetry, '/unknown', UNKNOWN_METHOD)
  const look = (message: unknown) => {
    const { stream, headers } = message as { stream: ServerHttp2Stream; headers: IncomingHttpHeaders }
    const path = headers[':path'] ?? ''
    if (!served.has(path) && headers['content-type']?.startsWith('application/grpc'))
      observe(telemetry, method, path, stream, headers)
  }
  subscribe(STARTS, look)
  return () => void unsubscribe(STARTS, look)
}

function observe(
  telemetry: Telemetry,
  method: Method,
  path: string,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const began = performance.now()
  const get = (name: string) => [headers[name]].flat().filter((value) => value !== undefined)
  const call = beginCall(telemetry, path.slice(1), { get }, Number.POSITIVE_INFINITY)
  method.calls.started()
  const respond = stream.respond.bind(stream)
  const explain = { [REQUEST_ID]: call.requestId, 'grpc-status-details-bin': NO_METHOD }
  stream.respond = (answer, options) => respond({ ...answer, ...explain }, options)
  stream.once('close', () => finish(telemetry, call, method, 'UNIMPLEMENTED', performance.now() - began))
}

/** The details of such a call, as they travel. */
const NO_METHOD = Buffer.from(
  StatusMessage.encode(
    statusMessage(new Refusal(Status.UNIMPLEMENTED, 'METHOD_NOT_ALLOWED', 'there is no such method')),
  ).finish(),
).toString('base64')

function pathsOf(definition: CompatServiceDefinition): string[] {
  if (typeof definition.fullName !== 'string')
    return Object.values(definition as Record<string, { path: string }>).map(({ path }) => path)
  const methods = Object.values(definition.methods as Record<string, { name: string }>)
  return methods.map(({ name }) => `/${definition.fullName}/${name}`)
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { CompatServiceDefinition, ServerAddBuilder } from 'nice-grpc'
import { finish } from '../telemetry/finish.ts'
import { UNKNOWN_METHOD } from '../telemetry/metrics.ts'
import { beginCall, REQUEST_ID } from '../telemetry/observe.ts'
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
 * too get an id, a log line and a count. Returns how to stop.
 */
export function observeUnknownCalls(telemetry: Telemetry, served: ReadonlySet<string>): () => void {
  const look = (message: unknown) => {
    const { stream, headers } = message as { stream: ServerHttp2Stream; headers: IncomingHttpHeaders }
    const path = headers[':path'] ?? ''
    if (!served.has(path) && headers['content-type']?.startsWith('application/grpc'))
      observe(telemetry, path, stream, headers)
  }
  subscribe(STARTS, look)
  return () => void unsubscribe(STARTS, look)
}

function observe(telemetry: Telemetry, path: string, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const began = performance.now()
  const get = (name: string) => [headers[name]].flat().filter((value) => value !== undefined)
  const call = beginCall(telemetry, path, { get }, Number.POSITIVE_INFINITY)
  telemetry.metrics.server.started(UNKNOWN_METHOD)
  const respond = stream.respond.bind(stream)
  stream.respond = (answer, options) => respond({ ...answer, [REQUEST_ID]: call.requestId }, options)
  stream.once('close', () => finish(telemetry, call, UNKNOWN_METHOD, 'UNIMPLEMENTED', performance.now() - began))
}

function pathsOf(definition: CompatServiceDefinition): string[] {
  if (typeof definition.fullName !== 'string')
    return Object.values(definition as Record<string, { path: string }>).map(({ path }) => path)
  const methods = Object.values(definition.methods as Record<string, { name: string }>)
  return methods.map(({ name }) => `/${definition.fullName}/${name}`)
}

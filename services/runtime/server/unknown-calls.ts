import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { type CompatServiceDefinition, type ServerAddBuilder, Status } from 'nice-grpc'
import { Refusal, statusMessage } from '../errors/refusal.ts'
import { onUnknownCall } from '../library-patches/grpc-js/unknown-methods.ts'
import { finish } from '../telemetry/finish.ts'
import { methodAt } from '../telemetry/method.ts'
import { UNKNOWN_METHOD } from '../telemetry/metrics.ts'
import { beginCall, REQUEST_ID } from '../telemetry/observe.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

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

/** Gives the calls to methods that are not served an id, details, a log line and a count, as all others have. Returns how to stop. */
export function observeUnknownCalls(telemetry: Telemetry, served: ReadonlySet<string>): () => void {
  const method = methodAt(telemetry, '/unknown', UNKNOWN_METHOD)
  return onUnknownCall(served, ({ path, headers, explain, ended }) => {
    const began = performance.now()
    const get = (name: string) => [headers[name]].flat().filter((value) => value !== undefined)
    const call = beginCall(telemetry, path.slice(1), { get }, Number.POSITIVE_INFINITY)
    method.calls.started()
    explain({ [REQUEST_ID]: call.requestId, 'grpc-status-details-bin': NO_METHOD })
    ended(() => finish(telemetry, call, method, 'UNIMPLEMENTED', performance.now() - began))
  })
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

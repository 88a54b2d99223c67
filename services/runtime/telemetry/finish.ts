import type { Call } from '../call/call.ts'
import { databaseError } from '../errors/database-error.ts'
import type { Method } from './method.ts'
import type { Telemetry } from './telemetry.ts'

/** Codes that are a fault on this side and not the caller's: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/. */
const FAULTS = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'])

/** What is asked every second or two, and is no caller's work. */
const HEALTH = 'grpc.health.v1.Health'

/** The end of a call, with the code that its caller got: one log line, its count, the end of its step of the trace. */
export function finish(
  { log }: Pick<Telemetry, 'log'>,
  call: Call,
  method: Method,
  code: string,
  milliseconds: number,
): void {
  const reason = call.refusal?.reason
  method.calls.handled(code, milliseconds / 1_000, reason)
  call.span?.end({ 'rpc.status_code': code }, FAULTS.has(code) ? code : undefined)
  const line = {
    request_id: call.requestId,
    trace_id: call.trace?.traceId,
    method: call.method,
    code,
    reason,
    ms: Math.round(milliseconds * 10) / 10,
    actor: call.actor,
    err: call.refusal?.cause,
  }
  if (call.failure !== undefined) log.error({ ...line, err: describe(call.failure) }, 'call failed')
  else if (method.labels.grpc_service === HEALTH) log.debug(line, 'call')
  else log.info(line, 'call')
}

/** The cause without a database error's message, which quotes values of the row. */
function describe(error: unknown): Record<string, unknown> {
  const broken = databaseError(error)
  const { name, message, stack = '' } = error as Error
  if (broken === undefined) return { name, stack }
  const { sqlState, constraint } = broken
  return { name, sqlState, constraint, stack: stack.slice(stack.indexOf(message) + message.length).trimStart() }
}

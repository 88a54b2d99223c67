import { randomUUID } from 'node:crypto'
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js'
import { type CallContext, ServerError, type ServerMiddleware, Status } from 'nice-grpc'
import { databaseError } from './database.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { Refusal } from './refusal.ts'
import { actorOf } from './write.ts'

/** A call with less time left than this could not be answered in time: it is refused before it does anything. */
const LEAST_MS = 20
const DEADLINE = 'x-deadline'

/**
 * Hands the call's deadline on as metadata: milliseconds since 1970. grpc-js cancels a call at its deadline but shows
 * handlers no time.
 */
export const deadlineInterceptor: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, nextMetadata) {
          metadata.remove(DEADLINE)
          const deadline = Number(call.getDeadline())
          if (Number.isFinite(deadline)) metadata.set(DEADLINE, String(deadline))
          nextMetadata(metadata)
        },
        onReceiveMessage: (message, nextMessage) => nextMessage(message),
        onReceiveHalfClose: (nextHalfClose) => nextHalfClose(),
        onCancel: () => undefined,
      }),
  })

/**
 * What every call gets, so that no method can forget it: the request id, the deadline's refusal, the one place that maps
 * errors to statuses, one log line and the metrics. Streams end with UNAVAILABLE when the process drains.
 */
export function adapter(log: Logger, metrics: Metrics, draining: AbortSignal): ServerMiddleware {
  return async function* (call, context) {
    const requestId = context.metadata.get('x-request-id') ?? randomUUID()
    context.header.set('x-request-id', requestId)
    const started = performance.now()
    let code: Status = Status.OK
    let failure: unknown
    try {
      refuseLate(context)
      if (!call.responseStream) return yield* call.next(call.request, context)
      const signal = AbortSignal.any([context.signal, draining])
      yield* call.next(call.request, { ...context, signal })
      if (draining.aborted) throw unavailable('the service restarts: continue at another')
      return
    } catch (error) {
      const refusal = refusalOf(error, context, requestId, draining)
      code = refusal instanceof ServerError ? refusal.code : Status.CANCELLED
      failure = code === Status.INTERNAL || code === Status.UNKNOWN ? error : undefined
      throw refusal
    } finally {
      const elapsed = performance.now() - started
      metrics.called(call.method.path, Status[code] ?? String(code), elapsed / 1_000)
      logCall(
        log,
        {
          requestId,
          method: call.method.path,
          code: Status[code],
          ms: Math.round(elapsed * 10) / 10,
          actor: actorOf(context),
        },
        failure,
      )
    }
  }
}

function logCall(log: Logger, line: Record<string, unknown>, failure: unknown): void {
  if (failure === undefined) log.info(line, 'call')
  else log.error({ ...line, err: describe(failure) }, 'call failed')
}

/** The cause without a database error's detail, which quotes values of the row. */
function describe(error: unknown): Record<string, unknown> {
  const broken = databaseError(error)
  const { name, stack } = error as Error
  if (broken === undefined) return { name, stack }
  return {
    name,
    sqlState: broken.sqlState,
    constraint: broken.constraint,
    stack: stack
      ?.split('\n')
      .filter((l) => /^\s+at /.test(l))
      .join('\n'),
  }
}

function refuseLate(context: CallContext): void {
  const deadline = Number(context.metadata.get(DEADLINE) ?? Number.POSITIVE_INFINITY)
  if (deadline - Date.now() < LEAST_MS) {
    throw new Refusal(
      Status.DEADLINE_EXCEEDED,
      'DEADLINE_EXCEEDED',
      'the call has too little time left: nothing was done',
    )
  }
}

function unavailable(message: string): Refusal {
  return new Refusal(Status.UNAVAILABLE, 'UNAVAILABLE', message)
}

function refusalOf(error: unknown, context: CallContext, requestId: string, draining: AbortSignal): unknown {
  if (error instanceof ServerError) return error
  if (context.signal.aborted) return error instanceof Error && error.name === 'AbortError' ? error : abortError()
  if (draining.aborted && (error as Error).name === 'AbortError')
    return unavailable('the service restarts: continue at another')
  if (isLost(error))
    return unavailable('the database does not answer now: repeat later, a write with its idempotency key')
  return new Refusal(
    Status.INTERNAL,
    'INTERNAL',
    `a fault of the service, reported under the request id ${requestId}`,
    { request_id: requestId },
  )
}

function abortError(): Error {
  const error = new Error('The operation has been aborted')
  error.name = 'AbortError'
  return error
}

/** Whether the database could not be reached, went away, shut down, or ran out of time or connections. */
function isLost(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code === 'string') {
    if (/^(08|57P|53|57014|25P0|55P03|40)/.test(code)) return true
    if (/^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/.test(code)) return true
  }
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/.test(
    message ?? '',
  )
}

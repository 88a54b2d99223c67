import { type CallContext, Status } from 'nice-grpc'
import { tlsProblem } from './cause.ts'
import { Refusal } from './refusal.ts'

/**
 * The caller's answer for an error: a refusal as it is, else its meaning; an AbortError when the caller has gone.
 * `ending` says why, once streams are ended from here.
 */
export function refusalOf(error: unknown, context: CallContext, requestId: string, ending: AbortSignal): unknown {
  if (error instanceof Refusal) return error
  if (context.signal.aborted) return error instanceof Error && error.name === 'AbortError' ? error : abortError()
  if (ending.aborted && (error as Error).name === 'AbortError') return ending.reason
  if (isLate(error))
    return unavailable('the service did not get an answer in time: repeat, a write with its idempotency key')
  if (isLost(error))
    return unavailable('the database does not answer now: repeat later, a write with its idempotency key')
  return fault(requestId)
}

/** The refusal for an unforeseen failure; its cause is for the log only. */
export function fault(requestId: string): Refusal {
  return new Refusal(
    Status.INTERNAL,
    'INTERNAL',
    `a fault of the service, reported under the request id ${requestId}`,
    { request_id: requestId },
  )
}

export function unavailable(message: string): Refusal {
  return new Refusal(Status.UNAVAILABLE, 'UNAVAILABLE', message)
}

function abortError(): Error {
  const error = new Error('The operation has been aborted')
  error.name = 'AbortError'
  return error
}

/** What an aborted signal gives as its reason, by Node and by gRPC's client. The ORM keeps of it the message only. */
const ABORTED = /^Th(e|is) operation (was|has been) aborted/

/** Whether a limit of time that the service set for itself ended the work: the call's own signal has not aborted. */
function isLate(error: unknown): boolean {
  const { name, message } = error as { name?: unknown; message?: unknown }
  return name === 'TimeoutError' || name === 'AbortError' || (typeof message === 'string' && ABORTED.test(message))
}

/** Whether the database could not be reached, went away, shut down, or ran out of time or connections. */
function isLost(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string }
  if (tlsProblem(error) !== undefined) return true
  if (typeof code === 'string') {
    // 28: it refuses this service's login, which its operator has to fix.
    if (/^(08|28|57P|53|57014|25P0|55P03|40)/.test(code)) return true
    if (/^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/.test(code)) return true
  }
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/.test(
    message ?? '',
  )
}

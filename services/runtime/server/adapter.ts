import { type CallContext, type CompatServiceDefinition, type ServerAddBuilder, Status } from 'nice-grpc'
import { expired } from '../access/tokens/token.ts'
import { type Call, currentCall } from '../call/call.ts'
import { Undecodable } from '../call/strict-decoding.ts'
import { Refusal } from '../errors/refusal.ts'
import { refusalOf, unavailable } from '../errors/refusal-of.ts'

/** A call with less time left than this could not be answered in time: it is refused before it does anything. */
const LEAST_MS = 20

/** Why the streams of a process that drains end. */
export function restarting(): Refusal {
  return unavailable('the service restarts: repeat the call at another instance')
}

/**
 * A builder of services whose methods get what every call of the suite gets, so that none can forget it: the demand of a
 * caller, whom `admitting` has noted, the deadline's refusal and the one place that maps errors to statuses. Streams end with
 * the signal's reason when the process drains, and when their token expires. It wraps the methods themselves: each middleware
 * of nice-grpc would be one more async generator for a call to go through.
 */
export function adapting<Ext>(builder: ServerAddBuilder<Ext>, draining: AbortSignal): ServerAddBuilder<Ext> {
  return {
    with: (middleware) => adapting(builder.with(middleware), draining),
    add: (definition, implementation) => builder.add(definition, adapted(definition, implementation, draining)),
  }
}

type Unary = (request: unknown, context: CallContext) => Promise<unknown>
type Stream = (request: unknown, context: CallContext) => AsyncIterable<unknown>

function adapted<Definition extends CompatServiceDefinition, Implementation>(
  definition: Definition,
  implementation: Implementation,
  draining: AbortSignal,
): Implementation {
  const { methods } = definition as unknown as { methods: Record<string, { responseStream: boolean }> }
  const wrapped = Object.entries(methods).map(([name, { responseStream }]) => {
    const method = (implementation as Record<string, Unary & Stream>)[name]?.bind(implementation)
    if (method === undefined) throw new Error(`the method ${name} is not implemented`)
    return [name, responseStream ? adaptedStream(method, draining) : adaptedUnary(method, draining)]
  })
  // The same methods, each of the type that it had.
  return Object.fromEntries(wrapped) as Implementation
}

function adaptedUnary(method: Unary, draining: AbortSignal): Unary {
  return async (request, context) => {
    const current = observed()
    try {
      demandSound(current, request)
      return await method(request, context)
    } catch (error) {
      throw refused(error, context, current, draining)
    }
  }
}

function adaptedStream(method: Stream, draining: AbortSignal): Stream {
  return async function* (request, context) {
    const current = observed()
    let ending = draining
    try {
      using expiry = expiryAt(demandSound(current, request))
      ending = AbortSignal.any([draining, expiry.signal])
      const signal = AbortSignal.any([context.signal, ending])
      yield* method(request, { ...context, signal })
      if (ending.aborted) throw ending.reason
    } catch (error) {
      throw refused(error, context, current, ending)
    }
  }
}

/** Throws what a call is refused with before its method sees it; gives when its token expires. */
function demandSound(current: Call, request: unknown): number {
  const { caller, expires } = current
  if (caller === undefined || expires === undefined) throw new Error('nobody has asked for the token of the call')
  refuseLate(current)
  if (request instanceof Undecodable) throw request.refusal
  return expires
}

/** What a call ends with that has failed; notes it for the call's status, its line and its metrics. */
function refused(error: unknown, context: CallContext, current: Call, ending: AbortSignal): unknown {
  const refusal = refusalOf(error, context, current.requestId, ending)
  if (!(refusal instanceof Refusal)) return refusal
  current.refusal = refusal
  if (FAULTS.has(refusal.code)) current.failure = error
  return refusal
}

/** The longest time that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1

/** Aborts, with the reason for the caller, when its token expires. */
function expiryAt(expires: number): Disposable & { readonly signal: AbortSignal } {
  const expiry = new AbortController()
  const wait = () => setTimeout(look, Math.min(Math.max(expires - Date.now(), 0), LONGEST_MS))
  const look = () => {
    if (Date.now() >= expires) expiry.abort(expired())
    else timer = wait()
  }
  let timer = wait()
  return { signal: expiry.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}

const FAULTS = new Set<Status>([Status.INTERNAL, Status.UNKNOWN])

function observed(): Call {
  const call = currentCall()
  if (call === undefined) throw new Error('the server has no observer of calls')
  return call
}

function refuseLate({ deadline }: Call): void {
  if (deadline - Date.now() < LEAST_MS) {
    throw new Refusal(
      Status.DEADLINE_EXCEEDED,
      'DEADLINE_EXCEEDED',
      'the call has too little time left: nothing was done',
    )
  }
}

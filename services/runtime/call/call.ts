import { AsyncLocalStorage } from 'node:async_hooks'
import type { Refusal } from '../errors/refusal.ts'
import { type Caller, system } from './caller.ts'
import type { Span, TraceContext } from './trace.ts'

/** A call that this process answers: what its log line says and what it hands on to its peers. */
export type Call = {
  /** As `hotel.guests.v1.GuestService/GetGuest`. */
  readonly method: string
  /** The id that the caller gets too. */
  readonly requestId: string
  /** When the caller stops waiting, in milliseconds since 1970; Infinity without a deadline. */
  readonly deadline: number
  /** The trace that the call is part of, if it is of one. */
  readonly trace: TraceContext | undefined
  /** The call's own step of the trace, when it is recorded. */
  readonly span: Span | undefined
  /** The caller, by its token. */
  caller?: Caller
  /** When its token is accepted no more, in milliseconds since 1970. */
  expires?: number
  /** The caller in the log. */
  actor?: string
  /** What it was refused with. */
  refusal?: Refusal
  /** What went wrong inside: for the log only. */
  failure?: unknown
}

const calls = new AsyncLocalStorage<Call>()

/** The call on whose behalf this code runs; undefined in the service's own work. */
export function currentCall(): Call | undefined {
  return calls.getStore()
}

/** Runs what answers a call, so that it and all that it awaits find the call. */
export function runIn<Result>(call: Call, work: () => Result): Result {
  return calls.run(call, work)
}

/** The caller of the call on whose behalf this code runs; the system outside of calls. */
export function currentCaller(): Caller {
  const call = currentCall()
  return call === undefined ? system : (call.caller ?? anonymous)
}

/** A caller without a token, as only public calls have: health and reflection. */
const anonymous: Caller = { subject: 'anonymous', scopes: new Set(), hotels: new Set() }

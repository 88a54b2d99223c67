import { randomUUID } from 'node:crypto'
import { Metadata, type ServerInterceptingCallInterface, type ServerInterceptor, status as Status } from '@grpc/grpc-js'
import { type Call, runIn } from '../call/call.ts'
import { refusalBehind, statusOf } from '../call/own-status.ts'
import { traceContext } from '../call/trace.ts'
import { receiving, sending } from '../library-patches/grpc-js/interception.ts'
import { finish } from './finish.ts'
import { type Method, methodAt, methodLabels } from './method.ts'
import type { Telemetry } from './telemetry.ts'

/** The header of a call's id: from and to callers, and on to peers. */
export const REQUEST_ID = 'x-request-id'

/** Services that ask and tell all the time on nobody's behalf: their calls begin no traces. */
const BACKGROUND = /^(hotel\.feed|grpc)\./

/** As much of a caller's id as the gateway logs. */
const LONGEST_ID = 255

/**
 * Sees every call to a method that is served as its caller sees it: gives it its id, has its handler run in it, and at
 * its end writes the log line, counts it and ends its step of the trace. Also when grpc-js itself ends it, as one that
 * is late or can not be read, and when its caller gives it up.
 */
export function observeCalls(telemetry: Telemetry): ServerInterceptor {
  const methods = new Map<string, Method>()
  return ({ path, requestStream, responseStream }, base) => {
    const began = performance.now()
    const method = methods.get(path) ?? methodAt(telemetry, path, methodLabels(path, requestStream, responseStream))
    methods.set(path, method)
    method.calls.started()
    let call: Call | undefined
    const end = (code: Status) => {
      if (call !== undefined) finish(telemetry, call, method, Status[code] ?? String(code), performance.now() - began)
      call = undefined
    }
    answer(base, () => call, end)
    return receiving(base, (next) => {
      // Messages that arrive after the end of a call are dropped.
      const within = (work: () => void) => {
        if (call !== undefined) runIn(call, work)
      }
      return {
        onReceiveMetadata(metadata) {
          call = beginCall(telemetry, method.name, metadata, base.getDeadline())
          within(() => next.onReceiveMetadata(metadata))
        },
        onReceiveMessage: (message) => within(() => next.onReceiveMessage(message)),
        onReceiveHalfClose: () => within(() => next.onReceiveHalfClose()),
        // Comes after every end; the first one counts.
        onCancel() {
          end(Status.CANCELLED)
          next.onCancel()
        },
      }
    })
  }
}

/** A call as it arrives, with its caller's id and place in a trace or new ones. */
export function beginCall(
  { tracing }: Telemetry,
  name: string,
  metadata: Pick<Metadata, 'get'>,
  deadline: Date | number,
): Call {
  const header = (name: string) => metadata.get(name)[0]?.toString()
  const requestId = header(REQUEST_ID)?.slice(0, LONGEST_ID) || randomUUID()
  const caller = traceContext(header('traceparent'), header('tracestate'))
  const isTraced = tracing !== undefined && (caller !== undefined || !BACKGROUND.test(name))
  const span = isTraced
    ? tracing.begin(name, caller, { 'rpc.system.name': 'grpc', 'rpc.method': name, 'hotel.request_id': requestId })
    : undefined
  return {
    method: name,
    requestId,
    deadline: Number(deadline),
    trace: span?.context ?? caller,
    span: span?.recorded ? span : undefined,
  }
}

/** Adds the id to what the caller gets, and to a refusal its details, and tells the code, whoever ends the call. */
function answer(
  base: ServerInterceptingCallInterface,
  call: () => Call | undefined,
  end: (code: Status) => void,
): void {
  let isSent = false
  sending(base, {
    metadata(metadata) {
      const id = call()?.requestId
      if (id !== undefined) metadata.set(REQUEST_ID, id)
      isSent = true
    },
    status(given) {
      const current = call()
      const refusal = refusalBehind(given, current?.refusal)
      const metadata = given.metadata ?? new Metadata()
      if (!isSent && current !== undefined) metadata.set(REQUEST_ID, current.requestId)
      if (refusal !== undefined && current !== undefined) current.refusal = refusal
      return refusal === undefined ? { ...given, metadata } : statusOf(refusal, metadata)
    },
    sent: ({ code }) => end(code ?? Status.UNKNOWN),
  })
}

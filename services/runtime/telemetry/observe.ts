import { randomUUID } from 'node:crypto'
import { Metadata, type ServerInterceptingCallInterface, type ServerInterceptor, status as Status } from '@grpc/grpc-js'
import { type Call, runIn } from '../server/call.ts'
import { refusalBehind, statusOf } from '../server/own-status.ts'
import { receiving } from '../server/receiving.ts'
import type { MethodCalls, MethodLabels } from './call-metrics.ts'
import { finish } from './finish.ts'
import type { Telemetry } from './telemetry.ts'
import { traceContext } from './tracing.ts'

/** The header of a call's id: from and to callers, and on to peers. */
export const REQUEST_ID = 'x-request-id'

/** Services that ask and tell all the time on nobody's behalf: their calls begin no traces. */
const BACKGROUND = /^(hotel\.feed|grpc)\./

/** As much of a caller's id as the gateway logs. */
const LONGEST_ID = 255

/** A method, and what each of its calls needs to know of it. */
export type Method = {
  /** As `hotel.guests.v1.GuestService/GetGuest`. */
  readonly name: string
  readonly labels: MethodLabels
  readonly calls: MethodCalls
}

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
      // What still arrives after the end of a call is for nobody.
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

/** A method by its path, with what counts its calls under these labels. */
export function methodAt({ metrics }: Telemetry, path: string, labels: MethodLabels): Method {
  return { name: path.slice(1), labels, calls: metrics.server(labels) }
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

/** The labels of a method, by its path as `/hotel.guests.v1.GuestService/GetGuest`. */
export function methodLabels(path: string, requestStream: boolean, responseStream: boolean): MethodLabels {
  const [, service = '', method = ''] = path.split('/')
  const streams = requestStream ? 'bidi_stream' : 'server_stream'
  return {
    grpc_type: responseStream ? streams : requestStream ? 'client_stream' : 'unary',
    grpc_service: service,
    grpc_method: method,
  }
}

/**
 * Adds the id to what the caller gets, and to a refusal its details, and tells the code. grpc-js ends calls through these
 * methods too, at their deadline or for a message that is too large or broken, and past all interceptors: so they are
 * replaced on the call.
 */
function answer(
  base: ServerInterceptingCallInterface,
  call: () => Call | undefined,
  end: (code: Status) => void,
): void {
  const sendMetadata = base.sendMetadata.bind(base)
  const sendStatus = base.sendStatus.bind(base)
  let isSent = false
  base.sendMetadata = (metadata) => {
    const id = call()?.requestId
    if (id !== undefined) metadata.set(REQUEST_ID, id)
    isSent = true
    sendMetadata(metadata)
  }
  base.sendStatus = (given) => {
    const current = call()
    const refusal = refusalBehind(given, current?.refusal)
    const metadata = given.metadata ?? new Metadata()
    const status = refusal === undefined ? { ...given, metadata } : statusOf(refusal, metadata)
    if (!isSent && current !== undefined) metadata.set(REQUEST_ID, current.requestId)
    if (refusal !== undefined && current !== undefined) current.refusal = refusal
    sendStatus(status)
    end(status.code ?? Status.UNKNOWN)
  }
}

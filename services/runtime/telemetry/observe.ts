import { randomUUID } from 'node:crypto'
import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status as Status,
} from '@grpc/grpc-js'
import { type Call, runIn } from '../server/call.ts'
import { explained } from '../server/own-status.ts'
import { finish } from './finish.ts'
import type { MethodLabels } from './metrics.ts'
import type { Telemetry } from './telemetry.ts'
import { traceContext } from './tracing.ts'

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
  return ({ path, requestStream, responseStream }, base) => {
    const began = performance.now()
    const method = methodLabels(path, requestStream, responseStream)
    telemetry.metrics.server.started(method)
    let call: Call | undefined
    const end = (code: Status) => {
      if (call !== undefined) finish(telemetry, call, method, Status[code] ?? String(code), performance.now() - began)
      call = undefined
    }
    const within = (work: () => void) => (call === undefined ? work() : runIn(call, work))
    return new ServerInterceptingCall(
      answering(base, () => call, end),
      {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, nextMetadata) {
              call = beginCall(telemetry, path, metadata, base.getDeadline())
              within(() => nextMetadata(metadata))
            },
            onReceiveMessage: (message, nextMessage) => within(() => nextMessage(message)),
            onReceiveHalfClose: (nextHalfClose) => within(nextHalfClose),
            // Comes after every end; the first one counts.
            onCancel: () => end(Status.CANCELLED),
          }),
      },
    )
  }
}

/** A call as it arrives, with its caller's id and place in a trace or new ones. */
export function beginCall(
  { tracing }: Telemetry,
  path: string,
  metadata: Pick<Metadata, 'get'>,
  deadline: Date | number,
): Call {
  const header = (name: string) => metadata.get(name)[0]?.toString()
  const requestId = header(REQUEST_ID)?.slice(0, LONGEST_ID) || randomUUID()
  const caller = traceContext(header('traceparent'), header('tracestate'))
  const name = path.slice(1)
  const isTraced = caller !== undefined || !BACKGROUND.test(name)
  const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': name, 'hotel.request_id': requestId }
  const span = isTraced ? tracing?.begin(name, caller, attributes) : undefined
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
 * Adds the id to what the caller gets, and the reason where grpc-js has none, and tells the code. grpc-js ends calls through these methods too, at their
 * deadline or for a message that is too large or broken, and past all interceptors: so they are replaced on the call.
 */
function answering(
  base: ServerInterceptingCallInterface,
  call: () => Call | undefined,
  end: (code: Status) => void,
): ServerInterceptingCallInterface {
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
    const { status, reason } = explained(given)
    const current = call()
    const id = current?.requestId
    if (reason !== undefined && current !== undefined) current.reason ??= reason
    const metadata = status.metadata ?? new Metadata()
    if (!isSent && id !== undefined) metadata.set(REQUEST_ID, id)
    sendStatus({ ...status, metadata })
    end(status.code ?? Status.UNKNOWN)
  }
  return base
}

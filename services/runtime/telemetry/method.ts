import type { MethodCalls, MethodLabels } from './call-metrics.ts'
import type { Telemetry } from './telemetry.ts'

/** A method, and what each of its calls needs to know of it. */
export type Method = {
  /** As `hotel.guests.v1.GuestService/GetGuest`. */
  readonly name: string
  readonly labels: MethodLabels
  readonly calls: MethodCalls
}

/** A method by its path, with what counts its calls under these labels. */
export function methodAt({ metrics }: Telemetry, path: string, labels: MethodLabels): Method {
  return { name: path.slice(1), labels, calls: metrics.server(labels) }
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

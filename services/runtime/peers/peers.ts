import type { Client } from 'nice-grpc'
import {
  type Channel,
  ClientError,
  type ClientMiddleware,
  type CompatServiceDefinition,
  createChannel,
  createClientFactory,
  Metadata,
  Status,
} from 'nice-grpc'
import { deadlineMiddleware } from 'nice-grpc-client-middleware-deadline'
import { retryMiddleware } from 'nice-grpc-client-middleware-retry'
import { type ErrorInfo, errorDetailsClientMiddleware, RichClientError } from 'nice-grpc-error-details'
import type { Identity } from '../access/tokens/identity.ts'
import { currentCall } from '../call/call.ts'
import { peerUnavailable } from '../errors/refusal.ts'
import { isIPv4Address } from '../process/env.ts'
import type { MethodCalls } from '../telemetry/call-metrics.ts'
import { methodLabels } from '../telemetry/method.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { REQUEST_ID } from '../telemetry/observe.ts'

/** A service of the suite that this one calls. */
export type Peer = {
  client<Service extends CompatServiceDefinition>(definition: Service): Client<Service>
  close(): void
}

/** Long enough for a peer that has just started on a busy machine; three in a row still fit into the 15 s that the gateway gives a call. */
const CALL_MS = 4_000

/**
 * Connects lazily to all instances of a peer, balanced per call; calls have a deadline and reads are repeated. This
 * service calls as itself, on whoever's behalf.
 */
export function openPeer(addresses: readonly string[], identity: Identity, metrics: Metrics): Peer {
  const channel: Channel = createChannel(target(addresses), undefined, {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // Less than what the tries of a call take together: once a peer is back, no call fails for want of a connection.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 250,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 3_000,
    // A container that is made anew has another address. gRPC would try the old one for 20 s (so long may a connection
    // take to be made, which is what this first one says) and ask for the new one every half minute.
    'grpc.min_reconnect_backoff_ms': 2_000,
    'grpc.dns_min_time_between_resolutions_ms': 1_000,
    'grpc.service_config_disable_resolution': 1,
  })
  const factory = createClientFactory()
    .use(observed(metrics))
    .use(identified(identity))
    .use(errorDetailsClientMiddleware)
    .use(retryMiddleware)
    .use(deadlineMiddleware)
  return {
    client: (definition) => factory.create(definition, channel),
    close: () => channel.close(),
  }
}

/** Each attempt carries on the id and the trace of the call that it is made for, is a step of its trace and is counted. */
function observed(metrics: Metrics): ClientMiddleware {
  const counted = new Map<string, MethodCalls>()
  return async function* (call, options) {
    const began = performance.now()
    const { path, requestStream, responseStream } = call.method
    const calls = counted.get(path) ?? metrics.client(methodLabels(path, requestStream, responseStream))
    counted.set(path, calls)
    const forCall = currentCall()
    const step = forCall?.span?.step(path.slice(1), { 'rpc.system.name': 'grpc', 'rpc.method': path.slice(1) })
    const metadata = Metadata(options.metadata)
    if (forCall !== undefined) metadata.set(REQUEST_ID, forCall.requestId)
    const trace = step?.context ?? forCall?.trace
    if (trace !== undefined) metadata.set('traceparent', trace.traceparent)
    if (trace?.tracestate !== undefined) metadata.set('tracestate', trace.tracestate)
    let code = 'CANCELLED'
    calls.started()
    try {
      const answer = yield* call.next(call.request, { ...options, metadata })
      code = 'OK'
      return answer
    } catch (error) {
      if (error instanceof ClientError) code = Status[error.code]
      else if ((error as Error).name !== 'AbortError') code = 'UNKNOWN'
      throw error
    } finally {
      calls.handled(code, (performance.now() - began) / 1_000)
      step?.end({ 'rpc.status_code': code }, code === 'OK' ? undefined : code)
    }
  }
}

/** Each attempt has the token that is good now. */
function identified({ token }: Identity): ClientMiddleware {
  return async function* (call, options) {
    const metadata = Metadata(options.metadata).set('authorization', `Bearer ${await token()}`)
    return yield* call.next(call.request, { ...options, metadata })
  }
}

/** gRPC takes a list of addresses, or one name, which may stand for several addresses. */
function target(addresses: readonly string[]): string {
  return addresses.every(isIPv4Address) ? `ipv4:${addresses.join(',')}` : `dns:${addresses.join(',')}`
}

/** Options of a call to a peer that may be repeated: five tries over 0.4 to 0.75 s where nobody listens, all within 4 s. */
export function repeatable(signal: AbortSignal) {
  return {
    signal,
    deadline: CALL_MS,
    // The client's deadline only stops waiting: this one tells the peer.
    metadata: Metadata({ 'grpc-timeout': `${CALL_MS}m` }),
    retry: true,
    retryMaxAttempts: 4,
    retryBaseDelayMs: 50,
    retryableStatuses: [Status.UNAVAILABLE],
  }
}

/**
 * The answer of a peer; undefined when it says NOT_FOUND. Throws PEER_UNAVAILABLE when it gives no answer. A peer's error
 * is never relayed with its details.
 */
export async function askPeer<T>(peer: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    if (error.code === Status.NOT_FOUND) return undefined
    if (error.code === Status.CANCELLED) throw error
    throw peerUnavailable(peer, whyNoAnswer(error))
  }
}

/** What a call to a peer ended with, for the log: the words are told only of what the peer itself did not say. */
export function whyNoAnswer(error: ClientError): string {
  const reason = refusalOf(error)?.reason ?? ''
  return `${Status[error.code]} ${reason === '' ? error.details : reason}`
}

/** One documented value of a peer's refusal, as the ids in GUEST_HAS_RESERVATIONS; the empty text when it says none. */
export function refusalValue(error: ClientError, key: string): string {
  return refusalOf(error)?.metadata[key] ?? ''
}

function refusalOf(error: ClientError): ErrorInfo | undefined {
  if (!(error instanceof RichClientError)) return undefined
  return error.extra.find((detail) => detail.$type === 'google.rpc.ErrorInfo') as ErrorInfo | undefined
}

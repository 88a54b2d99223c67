import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { ImportRequest, TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import { type PerService, perService, perServiceAsync, type ServiceName } from '@hotel/stack/service-names'
import {
  type Client,
  ClientError,
  type ClientMiddleware,
  createChannel,
  createClientFactory,
  Metadata,
  Status,
} from 'nice-grpc'
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline'
import { type RetryOptions, retryMiddleware } from 'nice-grpc-client-middleware-retry'
import { HealthDefinition } from 'nice-grpc-server-health'
import { Problem } from '../stack/setup/problem.mjs'
import type { TokenSource } from './token.ts'

/** A batch of resources that are encoded already, each as a Batch of its own, and its place among others. */
type EncodedRequest = { readonly rows: readonly Uint8Array[]; readonly name: string; readonly after?: string }

/** Bytes of several messages of a type, one after another, are those of one: https://protobuf.dev/programming-guides/encoding/#last-one-wins */
const encodedRequest = {
  ...ImportRequest,
  encode({ rows, ...place }: EncodedRequest) {
    const writer = new BinaryWriter().uint32(BATCH_FIELD).bytes(Buffer.concat(rows))
    return ImportRequest.encode(ImportRequest.fromPartial(place), writer)
  },
  fromPartial: (request: EncodedRequest) => request,
}
/** Of the field `batch`, number 1: that bytes of some length follow. */
const BATCH_FIELD = (1 << 3) | 2

const definition = {
  ...TransferServiceDefinition,
  methods: {
    ...TransferServiceDefinition.methods,
    import: { ...TransferServiceDefinition.methods.import, requestType: encodedRequest },
  },
} as const

export type TransferClient = Client<typeof definition, RetryOptions & DeadlineOptions>

const CALL_MS = 30_000
const PASSING = [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.ABORTED, Status.CANCELLED]

/** How often a call is tried: the few times take about a second, the many up to five minutes. */
export const TRIES = { few: 4, many: 150 } as const

/** Options of a call that is tried once. */
export const ONCE = {
  deadline: CALL_MS,
  metadata: Metadata({ 'grpc-timeout': `${CALL_MS}m` }),
} satisfies DeadlineOptions & { metadata: Metadata }

/** Options of a call that is tried again when its service restarts, is busy, or waits for what it has to know. */
export function persistent(tries: number) {
  return {
    ...ONCE,
    retry: true,
    retryMaxAttempts: tries,
    retryBaseDelayMs: 100,
    retryMaxDelayMs: 2_000,
    retryableStatuses: PASSING,
  } satisfies RetryOptions & DeadlineOptions & { metadata: Metadata }
}

/** Whether the same call can succeed later. */
export function isPassing(error: unknown): boolean {
  return error instanceof ClientError && PASSING.includes(error.code)
}

/** Connects to the three services, to call them with a token; throws a Problem that names the one that does not answer. */
export async function connect(
  addresses: PerService<string>,
  token: TokenSource,
): Promise<{ clients: PerService<TransferClient>; close(): void }> {
  const channels = perService((name) => createChannel(addresses[name], undefined, backoff))
  const close = () => void perService((name) => channels[name].close())
  const factory = createClientFactory().use(bearing(token)).use(retryMiddleware).use(deadlineMiddleware)
  try {
    await perServiceAsync(async (name) => {
      const health = factory.create(HealthDefinition, channels[name])
      await health.check({ service: '' }, { deadline: 5_000 }).catch(() => {
        throw new Problem(unreachable(name, addresses[name]))
      })
    })
  } catch (error) {
    close()
    throw error
  }
  return { clients: perService((name) => factory.create(definition, channels[name])), close }
}

function bearing(token: TokenSource): ClientMiddleware {
  return async function* (call, options) {
    const metadata = Metadata(options.metadata).set('authorization', `Bearer ${await token()}`)
    return yield* call.next(call.request, { ...options, metadata })
  }
}

const backoff = { 'grpc.initial_reconnect_backoff_ms': 250, 'grpc.max_reconnect_backoff_ms': 1_000 }

function unreachable(name: ServiceName, address: string): string {
  const variable = name.toUpperCase()
  return `The ${name} service does not answer at ${address}: start the suite (\`npm start\`), or set ${variable}_PORT or ${variable}_ADDRESS to its address.`
}

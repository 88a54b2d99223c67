import { TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import { type PerService, perService, perServiceAsync, type ServiceName } from '@hotel/stack/service-names'
import { type Client, createChannel, createClientFactory, Metadata, Status } from 'nice-grpc'
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline'
import { type RetryOptions, retryMiddleware } from 'nice-grpc-client-middleware-retry'
import { HealthDefinition } from 'nice-grpc-server-health'
import { Problem } from '../stack/setup/problem.mjs'

export type TransferClient = Client<typeof TransferServiceDefinition, RetryOptions & DeadlineOptions>

const CALL_MS = 30_000
/** Services that are restarted, or replicas that catch up, are waited for so long; each wait is two seconds at most. */
const ATTEMPTS = 150

/** Options of a call that may be repeated until its service is there again. */
export const persistent = {
  deadline: CALL_MS,
  metadata: Metadata({ 'grpc-timeout': `${CALL_MS}m` }),
  retry: true,
  retryMaxAttempts: ATTEMPTS,
  retryBaseDelayMs: 100,
  retryMaxDelayMs: 2_000,
  retryableStatuses: [Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.ABORTED, Status.CANCELLED],
} satisfies RetryOptions & DeadlineOptions & { metadata: Metadata }

/** Connects to the three services; throws a Problem that names the one that does not answer. */
export async function connect(
  addresses: PerService<string>,
): Promise<{ clients: PerService<TransferClient>; close(): void }> {
  const channels = perService((name) => createChannel(addresses[name], undefined, backoff))
  const close = () => void perService((name) => channels[name].close())
  const factory = createClientFactory().use(retryMiddleware).use(deadlineMiddleware)
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
  return { clients: perService((name) => factory.create(TransferServiceDefinition, channels[name])), close }
}

const backoff = { 'grpc.initial_reconnect_backoff_ms': 250, 'grpc.max_reconnect_backoff_ms': 1_000 }

function unreachable(name: ServiceName, address: string): string {
  const variable = name.toUpperCase()
  return `The ${name} service does not answer at ${address}: start the suite (\`npm start\`), or set ${variable}_PORT or ${variable}_ADDRESS to where it is.`
}

import { type ChannelOptions, createChannel, createClient } from 'nice-grpc'
import { HealthDefinition } from 'nice-grpc-server-health'

/** Of grpc.health.v1's ServingStatus, which nice-grpc-server-health does not export. */
const SERVING = 1

/** Throws unless the service at this `host:port` says that it is ready. */
export async function assertServing(address: string, signal: AbortSignal, options: ChannelOptions = {}): Promise<void> {
  const channel = createChannel(address, undefined, options)
  try {
    const { status } = await createClient(HealthDefinition, channel).check({ service: '' }, { signal })
    if (status !== SERVING) throw new Error('not serving yet')
  } finally {
    channel.close()
  }
}

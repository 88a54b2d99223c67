import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServiceName } from '@hotel/stack/service-names'
import { type CompatServiceDefinition, createChannel, createClient, Metadata } from 'nice-grpc'
import { HealthDefinition } from 'nice-grpc-server-health'
import type { Suite } from '../harness/test-suite.ts'

/** A service's feed, as another service of the suite reads it; gRPC's own bounds hold. */
export function openFeed(suite: Suite, service: ServiceName) {
  return open(suite, service, FeedServiceDefinition)
}

/** A service's import and export, as the suite's own. */
export function openTransfers(suite: Suite, service: ServiceName) {
  return open(suite, service, TransferServiceDefinition)
}

function open<Service extends CompatServiceDefinition>(suite: Suite, service: ServiceName, definition: Service) {
  const channel = createChannel(suite.stack.addresses[service][0] ?? '')
  const metadata = Metadata({ authorization: `Bearer ${suite.testerToken}` })
  const client = createClient(definition, channel, { '*': { metadata } } as never)
  return { client, [Symbol.dispose]: () => channel.close() }
}

/** What the reservations service says of its health under a name: 1 is SERVING, 2 NOT_SERVING. */
export async function healthOf(suite: Suite, service: string): Promise<number> {
  const channel = createChannel(suite.stack.addresses.reservations[0] ?? '')
  try {
    return (await createClient(HealthDefinition, channel).check({ service })).status
  } finally {
    channel.close()
  }
}

/** A gauge of the reservations service about a feed that it follows. */
export async function feedGauge(suite: Suite, name: string, feed: 'guests' | 'rooms'): Promise<number> {
  const text = await (await fetch(`http://${suite.stack.metricsAddresses.reservations[0]}/metrics`)).text()
  const [, value] = new RegExp(`^${name}\\{feed="${feed}"\\} (\\S+)$`, 'm').exec(text) ?? []
  return Number(value)
}

/** Writes a change into a hotel's feed of rooms by hand, as a faulty build would; gives its number. */
export async function insertChange(suite: Suite, hotel: string, resource: string, payload: unknown): Promise<string> {
  const [row] = await suite.sql<{ seq: string }>(
    'rooms',
    `with head as (update feed_head set seq = seq + 1 where hotel_id = $1 returning seq)
     insert into change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
     select $1, seq, $2, gen_random_uuid(), 1, 'CREATED', 'test', now(), $3 from head returning seq`,
    [hotel, resource, JSON.stringify(payload)],
  )
  return row?.seq ?? ''
}

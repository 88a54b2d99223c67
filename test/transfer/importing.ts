import { type Batch, Outcome_Kind as Kind, TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { ServiceName } from '@hotel/stack/service-names'
import { createChannel, createClient, Metadata } from 'nice-grpc'
import type { Suite } from '../harness/test-suite.ts'

/** Calls the import of an instance of a service; gives what became of each row: CREATED, ALREADY_THERE or why it is refused. */
export async function importBatch(
  suite: Suite,
  service: ServiceName,
  batch: Partial<Batch>,
  instance = 0,
): Promise<string[]> {
  const channel = createChannel(suite.stack.addresses[service][instance] ?? '')
  try {
    const metadata = Metadata({ authorization: `Bearer ${suite.testerToken}` })
    const { outcomes } = await createClient(TransferServiceDefinition, channel).import({ batch }, { metadata })
    return outcomes.map(({ kind, reason }) => reason || (kind === Kind.CREATED ? 'CREATED' : 'ALREADY_THERE'))
  } finally {
    channel.close()
  }
}

import { perService } from '@hotel/stack/service-names'
import { createClients } from '../harness/clients.ts'
import type { Suite } from '../harness/test-suite.ts'

/** Clients of each replica of the reservations service, and of no other service. */
export function replicasOf({ stack, testerToken }: Suite) {
  return stack.addresses.reservations.map((address) =>
    createClients(
      perService(() => address),
      testerToken,
    ),
  )
}

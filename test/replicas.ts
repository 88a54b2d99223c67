import { createClients } from '@hotel/stack/clients'
import { perService } from '@hotel/stack/service-names'
import type { Suite } from '@hotel/stack/test-suite'

/** Clients of each replica of the reservations service, and of no other service. */
export function replicasOf({ stack, testerToken }: Suite) {
  return stack.addresses.reservations.map((address) =>
    createClients(
      perService(() => address),
      testerToken,
    ),
  )
}

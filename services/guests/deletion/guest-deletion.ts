import type { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { precondition } from '@hotel/runtime/errors/refusal'
import { refusalValue, repeatable } from '@hotel/runtime/peers/peers'
import { type Retirement, retirement } from '@hotel/runtime/resource/retirement/retirement'
import type { RetirementDeps } from '@hotel/runtime/resource/retirement/retiring'
import type { Client } from 'nice-grpc'
import { Guest } from '../guest/guest.ts'

type Deps = RetirementDeps & { reservations: Client<RetirementServiceDefinition> }

/** How guests are deleted: refused with GUEST_HAS_RESERVATIONS. */
export function guestRetirement({ reservations, ...deps }: Deps): Retirement<GuestMessage> {
  return retirement({
    ...deps,
    name: 'guest',
    entity: Guest,
    ask: ({ hotel, id, version, attempt }, signal) =>
      reservations.retireGuest(
        { hotel, guest: id, version: BigInt(version), attempt: BigInt(attempt) },
        repeatable(signal),
      ),
    refusal: (guest, error) =>
      precondition('GUEST_HAS_RESERVATIONS', 'the guest has current or future reservations: cancel them first', {
        guest,
        reservations: refusalValue(error, 'reservations'),
      }),
  })
}

import type { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import type { MikroORM } from '@hotel/runtime/database/database'
import { find } from '@hotel/runtime/database/find'
import { precondition } from '@hotel/runtime/resource/refusal'
import { type Retirement, retirement } from '@hotel/runtime/resource/retirement'
import type { Writer } from '@hotel/runtime/resource/write'
import { refusalValue, repeatable } from '@hotel/runtime/server/peers'
import type { Logger } from '@hotel/runtime/telemetry/log'
import type { Client } from 'nice-grpc'
import { Guest } from './guest.ts'

type Deps = { orm: MikroORM; writer: Writer; reservations: Client<RetirementServiceDefinition>; log: Logger }

/** How guests are deleted: refused with GUEST_HAS_RESERVATIONS. */
export function guestRetirement({ orm, writer, reservations, log }: Deps): Retirement<GuestMessage> {
  return retirement({
    orm,
    writer,
    log,
    name: 'guest',
    find: (em, hotel, id) => find(em, Guest, hotel, id),
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

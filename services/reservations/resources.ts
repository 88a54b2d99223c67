import { RoomBlock as RoomBlockMessage } from '@hotel/proto/hotel/reservations/v1/blocks'
import { Reservation as ReservationMessage } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Encode } from '@hotel/runtime/changes/feed'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { Rebuild } from '@hotel/runtime/resource/write'
import { Reservation } from './reservation.ts'
import { RoomBlock } from './room-block.ts'

/** The tables of this service's resources. */
export const RESOURCES = ['reservation', 'room_block'] as const

/** The message of a row of the feed, by the table it is of. */
export function rebuilder(orm: MikroORM): Rebuild {
  return (resource, row) => {
    const em = orm.em.fork()
    switch (resource) {
      case 'reservation':
        return em.map(Reservation, row).toProto()
      case 'room_block':
        return em.map(RoomBlock, row).toProto()
      default:
        throw new Error(`the feed has no resource ${resource}`)
    }
  }
}

const any = (name: string, bytes: Uint8Array) => ({
  type_url: `type.googleapis.com/hotel.reservations.v1.${name}`,
  value: Buffer.from(bytes),
})

/** The message of a resource for the feed; it is one that `rebuilder` has made of the same resource. */
export const encode: Encode = (resource, message) => {
  switch (resource) {
    case 'reservation':
      return any('Reservation', ReservationMessage.encode(message as ReservationMessage).finish())
    case 'room_block':
      return any('RoomBlock', RoomBlockMessage.encode(message as RoomBlockMessage).finish())
    default:
      throw new Error(`the feed has no resource ${resource}`)
  }
}

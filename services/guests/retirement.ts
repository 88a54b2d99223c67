import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database'
import { matchEtag } from '@hotel/runtime/etag'
import type { Logger } from '@hotel/runtime/log'
import { refusalValue, repeatable } from '@hotel/runtime/peers'
import { notFound, peerUnavailable, precondition, Refusal } from '@hotel/runtime/refusal'
import { actorOf, change, type Writer } from '@hotel/runtime/write'
import { type CallContext, type Client, ClientError, Status } from 'nice-grpc'
import { Guest } from './guest.ts'

const FINISH_AFTER = '10 seconds'
const FINISH_EVERY_MS = 5_000

/**
 * Deleting a guest across two services: mark the guest, let the reservations service decide in its own transaction
 * (from then on it takes no reservation for the guest), then delete or clear the mark. A mark that was left behind
 * is finished by any replica.
 */
export type Retirement = {
  /**
   * Marks and asks; gives the guest's version that the decision is about, and the deletion must be of no other. Throws
   * GUEST_HAS_RESERVATIONS or PEER_UNAVAILABLE, NOT_FOUND for a guest already deleted.
   */
  decide(call: CallContext, request: { id: string; etag: string }, hotel: string): Promise<number>
  close(): void
}

/** UNAVAILABLE: the guest's deletion is under way. */
export function beingRetired(): Refusal {
  return new Refusal(Status.UNAVAILABLE, 'UNAVAILABLE', 'the guest is being deleted: repeat in a few seconds')
}

type Deps = { orm: MikroORM; writer: Writer; reservations: Client<RetirementServiceDefinition>; log: Logger }

/** Makes the Retirement and begins to finish what was left behind. */
export function retirement({ orm, writer, reservations, log }: Deps): Retirement {
  const ask = (hotel: string, guest: string, version: number, signal: AbortSignal) =>
    reservations.retireGuest({ hotel, guest, version: BigInt(version) }, repeatable(signal))

  const finishAll = async () => {
    const left = await query<{ hotel_id: string; id: string; version: number }>(
      orm.em.fork(),
      `select hotel_id, id, version from guest where retiring_time < now() - interval '${FINISH_AFTER}'`,
    )
    for (const { hotel_id, id, version } of left) {
      const agreed = await ask(hotel_id, id, version, AbortSignal.timeout(5_000)).then(() => true, refused)
      await writer.system(hotel_id, async (written) => {
        const guest = await written.em.findOneOrFail(Guest, { hotelId: hotel_id, id })
        if (guest.retiringTime === null || guest.version !== version) return
        const actor = guest.retiringBy ?? 'system'
        if (agreed)
          change(guest, { deleteTime: written.now, retiringTime: null, retiringBy: null }, { ...written, actor })
        else await clearMark(written.em, hotel_id, id)
      })
    }
  }
  const timer = setInterval(
    () => finishAll().catch((error: Error) => log.debug({ err: error.message }, 'deletions not finished')),
    FINISH_EVERY_MS,
  )

  return {
    async decide(call, request, hotel) {
      const version = await mark(orm, call, request, hotel)
      try {
        await ask(hotel, request.id, version, call.signal)
        return version
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        if (error.code !== Status.FAILED_PRECONDITION) throw peerUnavailable('reservations')
        await clearMark(orm.em.fork(), hotel, request.id)
        throw precondition(
          'GUEST_HAS_RESERVATIONS',
          'the guest has current or future reservations: cancel them first',
          { guest: request.id, reservations: refusalValue(error, 'reservations') },
        )
      }
    },
    close: () => clearInterval(timer),
  }
}

function refused(error: unknown): false {
  if (error instanceof ClientError && error.code === Status.FAILED_PRECONDITION) return false
  throw error
}

async function mark(
  orm: MikroORM,
  call: CallContext,
  request: { id: string; etag: string },
  hotel: string,
): Promise<number> {
  return forkFor(orm, call.signal).transactional(async (em) => {
    await query(em, `select begin_write($1, '0')`, [hotel])
    const guest = await em.findOneOrFail(Guest, { hotelId: hotel, id: request.id })
    if (guest.deleteTime !== null) throw notFound('guest', request.id)
    matchEtag(call, request, guest.version)
    await query(em, `update guest set retiring_time = now(), retiring_by = $3 where hotel_id = $1 and id = $2`, [
      hotel,
      request.id,
      actorOf(call),
    ])
    return guest.version
  })
}

async function clearMark(em: Parameters<typeof query>[0], hotel: string, id: string): Promise<void> {
  await query(em, 'update guest set retiring_time = null, retiring_by = null where hotel_id = $1 and id = $2', [
    hotel,
    id,
  ])
}

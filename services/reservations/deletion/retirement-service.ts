import type { RetirementServiceImplementation } from '@hotel/proto/hotel/reservations/v1/retirement'
import { isVisible } from '@hotel/runtime/access/hotels'
import { Invalid, id, type Rule, valid } from '@hotel/runtime/call/valid'
import { type EntityManager, query } from '@hotel/runtime/database/database'
import { notFound, type Refusal } from '@hotel/runtime/errors/refusal'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import type { Mark } from '@hotel/runtime/resource/retirement/retiring'
import type { Writer } from '@hotel/runtime/resource/write'
import type { Caches } from '../cache/caches.ts'
import type { Feed } from '../replicas/feeds.ts'
import type { ReadThrough } from '../replicas/read-through.ts'
import type { Decision } from './decision.ts'
import { eraseGuest } from './erasure.ts'
import { guestDecision } from './guest-retirement.ts'
import { roomDecision } from './room-retirement.ts'

type Asked = { hotel: string; version: bigint; attempt: bigint }

/** The decisions that other services leave to this one; the proto's comments describe each. */
export function retirementService(writer: Writer, peers: ReadThrough, caches: Caches): RetirementServiceImplementation {
  return {
    async retireGuest(request) {
      const { guest } = valid(request, { ...marked, guest: id })
      if (!isVisible(request.hotel)) throw notFound('guest', guest)
      await decide(writer, markOf(request, guest), guestDecision)
      return {}
    },
    async eraseGuest(request) {
      const { hotel, guest } = valid(request, { hotel: id, guest: id, version: count })
      if (!isVisible(hotel)) throw notFound('guest', guest)
      await eraseGuest(writer, caches, request)
      return {}
    },
    async retireRoom(request, call) {
      const { room } = valid(request, { ...marked, room: id })
      if (!isVisible(request.hotel)) throw notFound('room', room)
      await peers.named({ room: [room] }, call.signal)
      await decide(writer, markOf(request, room), roomDecision)
      return {}
    },
  }
}

/** Of versions as of marks: what the database counts them by. */
const { minimum, maximum } = constraintOf('hotel.reservations.v1.RetireGuestRequest.version')

const count: Rule<bigint> = (value) => {
  if (typeof value !== 'bigint' || value < minimum || value > maximum)
    throw new Invalid('is not the number of a version or mark')
  return value
}
const marked = { hotel: id, version: count, attempt: count }

function markOf({ hotel, version, attempt }: Asked, id: string): Mark {
  return { hotel, id, version: Number(version), attempt: Number(attempt) }
}

/**
 * A refusal is remembered in the transaction that found it, so it is thrown only after the commit. Nothing is decided any
 * more once the time of the call is over: who asked may have taken the deletion back by then.
 */
async function decide<InTheWay>(writer: Writer, mark: Mark, decision: Decision<InTheWay>): Promise<void> {
  const outcome: { refusal?: Refusal } = {}
  await writer.system(mark.hotel, async (write) => {
    delete outcome.refusal
    if (await decision.isAgreed(write.em, mark)) return
    const inTheWay = await decision.inTheWay(write, mark)
    const isOpen = inTheWay === undefined && !(await wasRefused(write.em, mark, decision.feed))
    if (isOpen && (await decision.retire(write, mark))) return
    await rememberRefusal(write.em, mark, decision.feed)
    outcome.refusal = decision.refusal(mark, inTheWay)
  })
  if (outcome.refusal !== undefined) throw outcome.refusal
}

/** Attempts are numbered from 1, in each generation anew. A service of the build before numbers none: its 0 is decided each time anew. */
async function wasRefused(em: EntityManager, { hotel, id, attempt }: Mark, feed: Feed): Promise<boolean> {
  const rows = await query(
    em,
    `select 1 from refused_retirement
     where hotel_id = $1 and id = $2 and attempt >= $3 and $3 > 0 and generation = replica_generation($4)`,
    [hotel, id, attempt, feed],
  )
  return rows.length > 0
}

async function rememberRefusal(em: EntityManager, { hotel, id, attempt }: Mark, feed: Feed): Promise<void> {
  await query(
    em,
    `insert into refused_retirement as r (hotel_id, id, attempt, generation) values ($1, $2, $3, replica_generation($4))
     on conflict (hotel_id, id) do update set generation = excluded.generation,
       attempt = case when excluded.generation = r.generation then greatest(r.attempt, excluded.attempt) else excluded.attempt end`,
    [hotel, id, attempt, feed],
  )
}

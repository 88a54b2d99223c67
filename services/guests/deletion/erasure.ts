import type { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import type { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { currentCaller } from '@hotel/runtime/call/call'
import { type FeedListener, isAny } from '@hotel/runtime/changes/feed-listener'
import { forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { precondition, Refusal } from '@hotel/runtime/errors/refusal'
import { askPeer, repeatable } from '@hotel/runtime/peers/peers'
import { type ByHotel, byHotel, intervalJob } from '@hotel/runtime/process/interval-job'
import type { Logger } from '@hotel/runtime/process/log'
import { matchEtag } from '@hotel/runtime/read/etag'
import { change } from '@hotel/runtime/resource/entity-fields'
import type { Retirement, Wanted } from '@hotel/runtime/resource/retirement/retirement'
import { beingRetired, type Mark } from '@hotel/runtime/resource/retirement/retiring'
import type { Write, Writer } from '@hotel/runtime/resource/write'
import type { Scope } from '@hotel/runtime/resource/write-scope'
import type { CallContext, Client } from 'nice-grpc'
import { erasedData, Guest } from '../guest/guest.ts'
import { forget, note, noteWanted } from './erasure-notes.ts'

/**
 * Erasure across two services: record the request, have the guest's deletion agreed to, erase the data here in one
 * transaction, have the reservations service erase its data, record the end. An erasure that is interrupted in between
 * is continued by any instance of the service.
 */
export type Erasure = {
  /**
   * Erases the guest; of an erased one nothing changes. Throws NOT_FOUND, GUEST_HAS_RESERVATIONS, PEER_UNAVAILABLE when
   * the reservations service has not yet erased its part.
   */
  erase(call: CallContext, request: { id: string; etag: string }, scope: Scope): Promise<GuestMessage>
  close(): Promise<void>
}

type Options = {
  orm: MikroORM
  writer: Writer
  retirement: Retirement<GuestMessage>
  reservations: Client<RetirementServiceDefinition>
  log: Logger
  heads: Pick<FeedListener, 'ask'>
}

const CARRY_ON_AFTER = '10 seconds'
const CARRY_ON_EVERY_MS = 5_000
const ROUND_MS = 60_000
/** Erasures of a hotel that one round looks at. */
const MOST_OF_HOTEL = 20
const METHOD = 'EraseGuest'

/** Makes the Erasure of the service's database and begins to carry on what was left behind. */
export function guestErasure(options: Options): Erasure {
  const { writer, retirement, log } = options
  const job = { failed: 'erasures not continued', level: 'debug', log } as const
  const inTurn = byHotel(job)
  const close = intervalJob({ ...job, everyMs: CARRY_ON_EVERY_MS, limitMs: ROUND_MS }, (signal) =>
    carryOnAll(options, inTurn, signal),
  )

  return {
    async erase(call, request, scope) {
      const { hotel } = scope
      const { id } = request
      const repeated = await writer.replay<GuestMessage>(call, METHOD, request, scope)
      if (repeated !== undefined) {
        await finish(options, hotel, id, call.signal)
        return repeated
      }
      const actor = currentCaller().subject
      const demandVersion = (version: number) => matchEtag(call, request, version)
      const wanted = { hotel, id, actor, demandVersion }
      const found = await noteWanted(writer, wanted, call.signal)
      const mark = found.isErased ? undefined : await agreeOrForget(wanted, call.signal)
      const guest = await writer.write(call, METHOD, request, scope, {
        apply: (written) => eraseNow(written, wanted, mark, found.version),
      })
      await finish(options, hotel, id, call.signal)
      return guest
    },
    close,
  }

  /** A refused erasure is not carried on by itself later. */
  async function agreeOrForget(wanted: Wanted, signal: AbortSignal): Promise<Mark | undefined> {
    return retirement.agree(wanted, signal).catch(async (error: unknown) => {
      if (isRefused(error)) await forget(writer, wanted.hotel, wanted.id, signal)
      throw error
    })
  }
}

/** GUEST_ERASED of a guest who is to be erased: that is not taken back. */
export function beingErased(): Refusal {
  return precondition('GUEST_ERASED', "the guest's personal data is being erased for good: create another guest")
}

/** Erases what this service holds of a guest, who is deleted or has this mark; gives how to answer. */
async function eraseNow(
  written: Write,
  { hotel, id, demandVersion }: Wanted,
  mark: Mark | undefined,
  version: number | undefined,
) {
  const { em, now } = written
  const guest = await em.findOneOrFail(Guest, { hotelId: hotel, id })
  if (guest.eraseTime) {
    demandVersion(guest.version)
    return () => guest.toProto()
  }
  // Restored or changed in between: reservations may have been made since, and other data given.
  const isAsWanted = guest.version === (mark?.version ?? version ?? guest.version)
  if (!isAsWanted || (!guest.deleteTime && mark === undefined)) throw beingRetired('guest')
  const deleteTime = guest.deleteTime ?? now
  change(guest, { ...erasedData, deleteTime, eraseTime: now, retiringTime: null, retiringBy: null }, written)
  await em.flush()
  await query(em, 'select forget_guest($1, $2)', [hotel, id])
  await query(
    em,
    `insert into erasure (hotel_id, guest_id, ask_time, asked_by, standing, erase_time) values ($1, $2, $3, $4, true, $3)
     on conflict (hotel_id, guest_id) do update set standing = true, erase_time = excluded.erase_time, finish_time = null`,
    [hotel, id, now.toISOString(), written.actor],
  )
  return () => guest.toProto()
}

/** Has the reservations service erase its part, unless it has. Throws PEER_UNAVAILABLE. */
async function finish(
  { orm, writer, reservations }: Options,
  hotel: string,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const em = forkFor(orm, signal)
  const [left] = await query<{ version: number }>(
    em,
    `select coalesce(g.version, 0) as version from erasure e
     left join guest g on g.hotel_id = e.hotel_id and g.id = e.guest_id
     where e.hotel_id = $1 and e.guest_id = $2 and e.finish_time is null`,
    [hotel, id],
  )
  if (left === undefined) return
  const request = { hotel, guest: id, version: BigInt(left.version) }
  await askPeer('reservations', () => reservations.eraseGuest(request, repeatable(signal)))
  await note(writer, hotel, id, 'finish_time = clock_timestamp()', signal)
}

async function carryOnAll(options: Options, inTurn: ByHotel, signal: AbortSignal): Promise<void> {
  const due = `erasure e where finish_time is null and ask_time < clock_timestamp() - interval '${CARRY_ON_AFTER}'`
  if (!(await isAny(options.heads, due))) return
  const left = await query<Left>(
    forkFor(options.orm, signal),
    `select hotel_id, guest_id, asked_by, standing from (
       select e.*, row_number() over (partition by hotel_id order by ask_time) as place from ${due}) asked
     where place <= ${MOST_OF_HOTEL} order by ask_time`,
  )
  await inTurn(
    Map.groupBy(left, ({ hotel_id }) => hotel_id),
    signal,
    (_hotel, each, ending) => carryOn(options, each, ending),
  )
}

type Left = { hotel_id: string; guest_id: string; asked_by: string; standing: boolean }

async function carryOn(options: Options, left: Left, ending: AbortSignal): Promise<void> {
  const { hotel_id: hotel, guest_id: id, asked_by, standing } = left
  const { orm, writer, retirement } = options
  const signal = AbortSignal.any([ending, AbortSignal.timeout(10_000)])
  const em = forkFor(orm, signal)
  const guest = await em.findOne(Guest, { hotelId: hotel, id })
  if (guest !== null && !guest.eraseTime) {
    // Others get their turn meanwhile, whatever comes of it.
    await note(writer, hotel, id, 'ask_time = clock_timestamp()', signal)
    try {
      const wanted = { hotel, id, actor: asked_by, demandVersion: () => {} }
      const mark = await retirement.agree(wanted, signal)
      await writer.system(
        hotel,
        async (written) => {
          await eraseNow({ ...written, actor: asked_by }, wanted, mark, undefined)
        },
        signal,
      )
    } catch (error) {
      if (isRefused(error) && !standing) await forget(writer, hotel, id, signal)
      throw error
    }
  }
  await finish(options, hotel, id, signal)
}

function isRefused(error: unknown): boolean {
  return error instanceof Refusal && error.reason === 'GUEST_HAS_RESERVATIONS'
}

import { Alternatives } from '@hotel/proto/hotel/reservations/v1/alternatives'
import { type EntityManager, forkFor, type MikroORM, query } from '@hotel/runtime/database/database'
import { causeOf } from '@hotel/runtime/errors/cause'
import type { LookUps } from '@hotel/runtime/peers/look-ups'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import type { Logger } from '@hotel/runtime/process/log'
import { Any, type ErrorDetails } from 'nice-grpc-error-details'
import { type Conflict, inTheWay, MOST_IN_THE_WAY, NoRoom, type Wish } from './no-room.ts'
import { endOf } from './stay.ts'

/** How many days earlier or later the dates of an alternative may be. */
const REACH_DAYS = 30
const MOST_ALTERNATIVES = 5
/** How long a refusal waits for what would succeed instead: it says less rather than later. */
const PATIENCE_MS = 2_000
/** Of all alternatives together, as long as there is one: see MOST_IN_THE_WAY. */
const MOST_ROOMS_NAMED = 60

/** What alternatives are read with. */
export type Reading = {
  readonly orm: MikroORM
  readonly clockOffset: ClockOffset
  readonly log: Logger
  /** Many may be refused the same at a time, as the last room: what is around it is looked at for all of them. */
  readonly lookUps: LookUps<ErrorDetails[]>
}

/**
 * Runs a write. Its refusal for lack of rooms leaves with what would succeed instead, read when the write is over; without,
 * when that fails or takes long.
 */
export async function withAlternatives<T>(
  { orm, clockOffset, log, lookUps }: Reading,
  call: AbortSignal,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!(error instanceof NoRoom) || error.wish === undefined) throw error
    const { wish } = error
    const signal = AbortSignal.any([call, AbortSignal.timeout(PATIENCE_MS)])
    const look = () => explain(forkFor(orm, AbortSignal.timeout(PATIENCE_MS)), wish, clockOffset())
    const details = await unlessAborted(signal, lookUps(JSON.stringify(wish), look)).catch((failure) => {
      if (!call.aborted)
        log.warn({ err: causeOf(failure), hotel: wish.hotel }, 'a refusal is sent without alternatives')
      return []
    })
    throw error.with(details)
  }
}

/** A look is for others too, and may wait for a connection or for another look first. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
  return Promise.race([work, aborted])
}

type Around = {
  seq: string | null
  at: string
  nearest: { shift: number; rooms: string[] }[] | null
  others: { held: string[]; others: string[] }[] | null
  held: Conflict[] | null
  held_from: string | null
}

/** The alternatives of a wish; for rooms of a type also what is in the way. All of one statement, so of one snapshot. */
async function explain(em: EntityManager, wish: Wish, clockOffset: number): Promise<ErrorDetails[]> {
  const { hotel, location, stay, own = null, here } = wish
  const type = 'type' in wish.rooms ? wish.rooms : undefined
  const named = 'type' in wish.rooms ? [] : wish.rooms
  const [around] = await query<Around>(
    em,
    'select * from around_refusal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
    [
      hotel,
      location,
      named,
      type?.type ?? null,
      type?.count ?? named.length,
      here?.tonight ?? stay.inDate,
      endOf(stay),
      own,
      here !== undefined,
      REACH_DAYS,
      MOST_ALTERNATIVES * named.length,
      MOST_IN_THE_WAY,
      clockOffset,
    ],
  )
  if (around === undefined) throw new Error('around_refusal gave no row')
  const value = Alternatives.encode(
    Alternatives.fromPartial({
      time: new Date(around.at),
      seq: BigInt(around.seq ?? 0),
      alternatives: alternatives(wish, around),
    }),
  ).finish()
  const detail = Any.fromPartial({ typeUrl: 'type.googleapis.com/hotel.reservations.v1.Alternatives', value })
  return type === undefined ? [detail] : [...inTheWay(around.held ?? []), detail]
}

type Choice = { rooms: string[]; in_date: string; out_date: string; room_type?: string }

function alternatives(wish: Wish, around: Around): Choice[] {
  const count = 'type' in wish.rooms ? wish.rooms.count : wish.rooms.length
  const most = Math.min(MOST_ALTERNATIVES, Math.max(1, Math.floor(MOST_ROOMS_NAMED / count)))
  const dates = wish.datesAreFixed ? [] : wish.here === undefined ? otherDates(wish, around) : shorterStay(wish, around)
  return [...otherRooms(wish, around).slice(0, most - dates.length), ...dates].slice(0, most)
}

/** The same nights, with free rooms in place of those that are held. No two of these put the same room in the place of one. */
function otherRooms(wish: Wish, { others }: Around): Choice[] {
  if ('type' in wish.rooms || others === null) return []
  const { rooms, stay } = wish
  const sets = Math.min(...others.map(({ held, others }) => Math.floor(others.length / held.length)))
  return Array.from({ length: sets }, (_, set) => {
    const instead = new Map(
      others.flatMap(({ held, others }) => held.map((room, place) => [room, others[set * held.length + place]])),
    )
    return {
      rooms: rooms.map((room) => instead.get(room) ?? room),
      in_date: stay.inDate,
      out_date: stay.outDate,
    }
  })
}

/** The same rooms, or rooms of the type, on the nearest dates. */
function otherDates({ rooms, stay }: Wish, { nearest }: Around): Choice[] {
  const shifted = (date: string, days: number) => Temporal.PlainDate.from(date).add({ days }).toString()
  return (nearest ?? []).map(({ shift, rooms: free }) => ({
    rooms: 'type' in rooms ? free : [...rooms],
    ...('type' in rooms && { room_type: rooms.type }),
    in_date: shifted(stay.inDate, shift),
    out_date: shifted(stay.outDate, shift),
  }))
}

/** For a guest who is here: the same rooms for as long as they are free, if that is more than the guest has. */
function shorterStay({ rooms, stay, here }: Wish, { held_from: end }: Around): Choice[] {
  if (end === null || here === undefined || end <= here.tonight || 'type' in rooms) return []
  const isLess = end <= here.outDate && rooms.every((room) => here.rooms.includes(room))
  return isLess ? [] : [{ rooms: [...rooms], in_date: stay.inDate, out_date: end }]
}

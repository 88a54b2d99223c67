import type { Operation, World } from '../history/evidence.ts'
import type { Version } from './book.ts'
import { endOf, type Fields } from './fields.ts'

/** What is wrong with a change that a call has made: with what it followed, or with what came of it. */
export function wrongWith(before: Version | undefined, after: Version, operation: Operation, world: World): string[] {
  const { method, request } = operation
  const place = world.places[operation.act.place]
  const today = place?.today ?? ''
  if (method === 'CreateReservation' || method === 'CreateRoomBlock')
    return wrongWithNew(before, after, operation, world)
  if (before === undefined) return ['a change of what was never made']
  const wrong = wrongWithBefore(before, after, method, request.status, today)
  const expected = expectedAfter(before, operation)
  if (expected === undefined) return [...wrong, `${method} changes no reservation or block`]
  for (const name of Object.keys(expected) as (keyof Fields)[])
    if (String(expected[name]) !== String(after[name]))
      wrong.push(`${name} became ${String(after[name])} instead of ${String(expected[name])}`)
  return wrong
}

function wrongWithNew(
  before: Version | undefined,
  after: Version,
  { request, method, act }: Operation,
  world: World,
): string[] {
  const wrong = before === undefined ? [] : ['it was made twice']
  const isBlock = method === 'CreateRoomBlock'
  const wanted = {
    from: request.in_date,
    until: request.out_date,
    status: isBlock ? 'BLOCK' : 'PENDING',
    guest: isBlock ? '' : request.guest,
    text: isBlock ? request.reason : request.note,
    holdUntil: request.hold_until === undefined ? null : new Date(request.hold_until).getTime(),
    isDeleted: false,
  }
  for (const [name, value] of Object.entries(wanted))
    if (String(after[name as keyof Fields]) !== String(value))
      wrong.push(`${name} is ${String(after[name as keyof Fields])}`)
  if (after.holdUntil !== null && after.holdUntil <= after.time) wrong.push('the hold had lapsed before it was made')
  const rooms: readonly string[] = isBlock ? [request.room] : (request.rooms ?? [])
  if (rooms.length > 0 && String(rooms) !== String(after.rooms)) wrong.push(`rooms are ${after.rooms}`)
  const known = world.places[act.place]?.rooms ?? []
  if (!after.rooms.every((room) => known.includes(room))) wrong.push('rooms are of another place')
  if (request.room_count !== undefined && new Set(after.rooms).size !== request.room_count)
    wrong.push(`${after.rooms.length} rooms instead of ${request.room_count}`)
  return wrong
}

/** Whether what a change followed let it be made. */
function wrongWithBefore(
  before: Version,
  after: Version,
  method: string,
  status: string | undefined,
  today: string,
): string[] {
  const isLapsed = before.holdUntil !== null && before.holdUntil <= after.time
  const wrong: string[] = []
  const demand = (isSo: boolean, what: string) => {
    if (!isSo) wrong.push(what)
  }
  if (method === 'UndeleteReservation') demand(before.isDeleted, 'what was live was restored')
  else demand(!before.isDeleted, 'what was cancelled was changed')
  demand(
    !isLapsed,
    `a hold that had lapsed was changed, ${(after.time - (before.holdUntil ?? 0)) / 1_000} s after its end`,
  )
  if (method === 'CancelReservation') demand(before.status === 'PENDING', `it was cancelled while ${before.status}`)
  if (method === 'UndoCheckIn')
    demand(before.status === 'CHECKED_IN', `a check-in was taken back while ${before.status}`)
  if (method === 'UndoCheckOut')
    demand(before.status === 'CHECKED_OUT', `a check-out was taken back while ${before.status}`)
  if (status === 'CHECKED_IN' && before.status !== status) {
    demand(before.status === 'PENDING', `checked in while ${before.status}`)
    demand(before.holdUntil === null, 'a hold was checked in')
    demand(after.from <= today, `checked in before ${after.from}, on ${today}`)
  }
  if (status === 'CHECKED_OUT' && before.status !== status) {
    demand(before.status === 'CHECKED_IN', `checked out while ${before.status}`)
    demand(after.until <= today, `checked out before ${after.until}, on ${today}`)
  }
  if (before.status === 'CHECKED_OUT')
    demand(before.from === after.from && before.until === after.until, 'the dates of a guest who left were changed')
  return wrong
}

/** The fields that a change leads to; undefined for a method that changes nothing of the kind. Of a swap all but the rooms. */
function expectedAfter(before: Version, { method, request }: Operation): Partial<Fields> | undefined {
  const { guest, rooms, from, until, status, text, holdUntil } = before
  const same = { guest, rooms, from, until, status, text, holdUntil, isDeleted: false }
  switch (method) {
    case 'UpdateReservation':
      return {
        ...same,
        guest: request.guest ?? guest,
        rooms: request.rooms ?? rooms,
        from: request.in_date ?? from,
        until: request.out_date ?? until,
        status: request.status ?? status,
        text: request.note ?? text,
      }
    case 'UpdateRoomBlock':
      return { ...same, from: request.in_date, until: request.out_date, text: request.reason }
    case 'CancelReservation':
    case 'DeleteRoomBlock':
      return { ...same, isDeleted: true }
    case 'UndeleteReservation':
      return same
    case 'ConfirmReservation':
      return { ...same, holdUntil: null }
    case 'UndoCheckIn':
      return { ...same, status: 'PENDING' }
    case 'UndoCheckOut':
      return { ...same, status: 'CHECKED_IN' }
    case 'SwapRooms': {
      const { rooms: _, ...rest } = same
      return rest
    }
    default:
      return undefined
  }
}

/** The nights of what holds some, for a message. */
export function nightsOf(stay: Pick<Fields, 'from' | 'until'>): string {
  return `${stay.from} to ${endOf(stay)}`
}

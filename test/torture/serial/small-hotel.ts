import type { Json, Operation, Outcome } from '../history/evidence.ts'

/** A reservation of the small hotel. */
type Booked = {
  readonly rooms: readonly string[]
  readonly from: string
  readonly until: string
  readonly isLive: boolean
}

/** All reservations of the small hotel, cancelled ones too, by their ids. */
export type SmallHotel = ReadonlyMap<string, Booked>

/** A call as it was told, or of which nobody knows what came of it. */
export type Event = {
  readonly name: string
  readonly method: string
  readonly request: Json
  readonly start: number
  readonly end: number
  readonly outcome: Outcome
  /** Of a create: the id, known or not. */
  readonly made: string
}

/** What the hotel is after a call with this outcome; undefined when it can not have had it. */
export function after(hotel: SmallHotel, event: Event): SmallHotel | undefined {
  const { outcome } = event
  const next = possible(hotel, event)
  if (outcome.is === 'refused')
    return outcome.reason === 'CHANGED_MEANWHILE' || next === outcome.reason ? hotel : undefined
  if (typeof next === 'string') return undefined
  return outcome.is === 'unknown' || isAnswer(next, event, outcome.answer) ? next : undefined
}

/** The hotel after a call, or the reason why it is refused. */
function possible(hotel: SmallHotel, { method, request, made }: Event): SmallHotel | string {
  const found = (id: string) => hotel.get(id)
  switch (method) {
    case 'ListReservations':
      return hotel
    case 'CreateReservation': {
      const wanted = { rooms: request.rooms, from: request.in_date, until: request.out_date, isLive: true }
      return placed(hotel, [[made, wanted]])
    }
    case 'CancelReservation': {
      const booked = found(request.id)
      if (!booked?.isLive) return 'RESOURCE_NOT_FOUND'
      return new Map([...hotel, [request.id, { ...booked, isLive: false }]])
    }
    case 'UndeleteReservation': {
      const booked = found(request.id)
      if (booked === undefined) return 'RESOURCE_NOT_FOUND'
      return booked.isLive ? 'ALREADY_LIVE' : placed(hotel, [[request.id, { ...booked, isLive: true }]])
    }
    case 'UpdateReservation': {
      const booked = found(request.id)
      if (!booked?.isLive) return 'RESOURCE_NOT_FOUND'
      return placed(hotel, [[request.id, { ...booked, from: request.in_date, until: request.out_date }]])
    }
    case 'SwapRooms': {
      const [a = '', b = ''] = request.reservations
      const [one, other] = [found(a), found(b)]
      if (!one?.isLive || !other?.isLive) return 'RESOURCE_NOT_FOUND'
      return placed(hotel, [
        [a, { ...one, rooms: other.rooms }],
        [b, { ...other, rooms: one.rooms }],
      ])
    }
    default:
      throw new Error(`the small hotel does not know ${method}`)
  }
}

/** The hotel with these in place of what they had; or that a room is not free. */
function placed(hotel: SmallHotel, wanted: readonly (readonly [string, Booked])[]): SmallHotel | string {
  const ids = new Set(wanted.map(([id]) => id))
  const others = [...hotel].filter(([id, { isLive }]) => isLive && !ids.has(id))
  const all = [...others, ...wanted]
  for (const [place, [, own]] of wanted.entries())
    for (const [other] of all.slice(0, others.length + place).map(([, each]) => [each]))
      if (other !== undefined && collide(own, other)) return 'ROOM_NOT_AVAILABLE'
  return new Map([...hotel, ...wanted])
}

function collide(one: Booked, other: Booked): boolean {
  return one.from < other.until && other.from < one.until && one.rooms.some((room) => other.rooms.includes(room))
}

/** Whether an answer says what the hotel is then. */
function isAnswer(hotel: SmallHotel, { method }: Event, answer: Json): boolean {
  const isSo = (shown: Json) => {
    const own = hotel.get(shown.id)
    return (
      own !== undefined &&
      own.from === shown.in_date &&
      own.until === shown.out_date &&
      String(own.rooms) === String(shown.rooms)
    )
  }
  if (method !== 'ListReservations') return (method === 'SwapRooms' ? answer.reservations : [answer]).every(isSo)
  const shown = (answer.reservations ?? []) as Json[]
  const live = [...hotel.values()].filter(({ isLive }) => isLive)
  return shown.length === live.length && shown.every((each) => isSo(each) && hotel.get(each.id)?.isLive)
}

/** The calls of the small hotel as events: what was acknowledged once, and each refusal by itself. */
export function eventsOf(operations: readonly Operation[]): Event[] {
  const ids = madeIn(operations)
  return operations.flatMap(({ name, method, request, tries }) => {
    const common = { name, method, request, made: ids.get(name) ?? `of ${name}` }
    const start = Math.min(...tries.map((attempt) => attempt.start))
    const events: Event[] = []
    const done = tries.filter(({ outcome }) => outcome?.is === 'ok')
    const [first] = done.toSorted((a, b) => (a.end ?? 0) - (b.end ?? 0))
    const refused = tries.filter(({ outcome }) => outcome?.is === 'refused')
    if (first?.outcome !== undefined) events.push({ ...common, start, end: first.end ?? 0, outcome: first.outcome })
    else if (refused.length === 0)
      events.push({ ...common, start, end: Number.POSITIVE_INFINITY, outcome: { is: 'unknown', code: '' } })
    for (const { outcome, ...attempt } of refused)
      if (outcome !== undefined) events.push({ ...common, start: attempt.start, end: attempt.end ?? 0, outcome })
    // A read that nobody answered tells nothing.
    return events.filter((event) => event.method !== 'ListReservations' || event.outcome.is === 'ok')
  })
}

/** The ids of what was made, also where only a list told of it: by the note, which names the create. */
function madeIn(operations: readonly Operation[]): Map<string, string> {
  const ids = new Map<string, string>()
  for (const { name, method, tries } of operations)
    for (const { outcome } of tries) {
      if (outcome?.is !== 'ok') continue
      if (method === 'CreateReservation') ids.set(name, outcome.answer.id)
      if (method === 'ListReservations') for (const { id, note } of outcome.answer.reservations ?? []) ids.set(note, id)
    }
  return ids
}

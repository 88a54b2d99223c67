import type { Change, Evidence, Json, Operation, Outcome, Try, Watched } from '../../history/evidence.ts'
import type { Act } from '../../plan/operations.ts'

/** The hotel of histories that are made by hand. */
export const HOTEL = 'hotel'
export const TODAY = '2030-01-01'

type GivenTry = { from: number; to?: number; outcome: Outcome }

/** An operation, with its sendings. */
export function operation(name: string, method: string, request: Json, ...tries: GivenTry[]): Operation {
  const act = { do: 'list', place: 0 } satisfies Act
  const all = tries.map(
    ({ from, to, outcome }, n): Try => ({
      ...{ n, door: 'grpc', gateway: 0, start: from, wallStart: from, outcome },
      ...(to !== undefined && { end: to, wallEnd: to }),
    }),
  )
  return { name, client: Number(/\d+/.exec(name)?.[0] ?? 0), act, method, request, tries: all }
}

/** A sending that was answered. */
export const ok = (from: number, to: number, answer: Json): GivenTry => ({ from, to, outcome: { is: 'ok', answer } })

/** A sending that was refused. */
export function refused(from: number, to: number, reason: string, more: Json = {}): GivenTry {
  const outcome = {
    is: 'refused',
    code: 'FAILED_PRECONDITION',
    reason,
    metadata: {},
    violations: [],
    fields: [],
    ...more,
  } as const
  return { from, to, outcome }
}

/** A reservation as the API shows it. */
export function shown(
  id: string,
  version: number,
  rooms: readonly string[],
  from: string,
  until: string,
  more: Json = {},
): Json {
  const given = {
    id,
    etag: `"${version}"`,
    rooms,
    in_date: from,
    out_date: until,
    status: 'PENDING',
    guest: 'guest',
    note: `of ${id}`,
  }
  return { ...given, ...more }
}

/** A create of a reservation that was acknowledged, with its change. */
export function booked(
  name: string,
  [from, to]: readonly [number, number],
  id: string,
  rooms: readonly string[],
  [first, until]: readonly [string, string],
  more: Json = {},
): { operation: Operation; change: Omit<Change, 'seq'> } {
  const request = { in_date: first, out_date: until, rooms, guest: 'guest', note: `of ${id}`, ...more }
  const answer = shown(id, 1, rooms, first, until, more)
  return {
    operation: operation(name, 'CreateReservation', request, ok(from, to, answer)),
    change: change(name, 'CREATED', answer, to),
  }
}

/** A change that says what an answer says. */
export function change(actor: string, kind: string, answer: Json, time: number, more: Json = {}): Omit<Change, 'seq'> {
  const { id, etag, rooms, in_date, out_date, status, guest, note, hold_until = null } = answer
  const version = Number(/\d+/.exec(etag)?.[0])
  const payload = {
    id,
    version,
    rooms,
    in_date,
    out_date,
    status,
    guest_id: guest,
    note,
    hold_until,
    delete_time: null,
    ...more,
  }
  return {
    hotel: HOTEL,
    resource: 'reservation',
    id,
    version,
    kind,
    actor,
    time: new Date(time).toISOString(),
    payload,
  }
}

/** What a judge is given: these operations, and changes in this order. All that is stored is what the changes say. */
export function evidence(given: {
  operations?: readonly Operation[]
  changes?: readonly Omit<Change, 'seq'>[]
  watched?: readonly Watched[]
  more?: Partial<Evidence>
}): Evidence {
  const changes = (given.changes ?? []).map((each, index): Change => ({ ...each, seq: index + 1 }))
  const last = new Map(changes.map((each) => [each.id, each]))
  const rooms = ['room 1', 'room 2']
  const held = [...last.values()].filter(
    ({ payload }) => payload.delete_time === null && payload.status !== 'CHECKED_OUT',
  )
  return {
    seed: 1,
    seconds: 1,
    world: {
      places: [{ hotel: HOTEL, location: 'location', zone: 'UTC', today: TODAY, rooms, types: [] }],
      guests: [['guest']],
    },
    operations: given.operations ?? [],
    faults: [],
    stalls: [],
    watched: given.watched ?? [],
    clock: { behind: 0, ahead: 0 },
    final: {
      changes: { reservations: changes, guests: [], rooms: [] },
      heads: changes.length === 0 ? [] : [{ service: 'reservations', hotel: HOTEL, seq: changes.length }],
      rows: [...last.values()].map(({ resource, payload }) => ({ service: 'reservations', resource, row: payload })),
      legs: held.flatMap(({ id, payload }) =>
        payload.rooms.map((room: string) => ({
          hotel: HOTEL,
          holder: id,
          kind: 'RESERVATION',
          room,
          from: payload.in_date,
          until: payload.out_date,
        })),
      ),
      viewDiffers: [],
      free: [
        {
          rooms: rooms.map((room) => ({
            room,
            held: held
              .filter(({ payload }) => payload.rooms.includes(room))
              .map(({ payload }) => ({ in_date: payload.in_date, out_date: payload.out_date, by: 'RESERVATION' })),
          })),
        },
      ],
      stays: [{ reservations: [] }],
      stuck: [],
    },
    ...given.more,
  }
}

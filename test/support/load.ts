import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, Status } from 'nice-grpc'
import type { Suite } from '../harness/test-suite.ts'
import { day } from './hotel.ts'

/** What a client pauses, so that other tests get on beside it: sixteen make some 300 calls a second. */
const BETWEEN_CALLS_MS = 50

/** How a call of a client ended: `UNAVAILABLE` also for a connection that was refused or cut. */
type Outcome = { readonly at: number; readonly code: string }

/** What one client did, by its own log. */
type Client = {
  /** Every create that was sent, by the note it carries; the id once it was acknowledged. */
  readonly sent: Map<string, string | undefined>
  /** The last note that was acknowledged for a reservation, and those sent since. */
  readonly notes: Map<string, { acknowledged: string; since: string[] }>
}

/** Clients that create and change, half over REST and half over gRPC, each on a room of its own, until it is stopped. */
export type Load = {
  readonly clients: readonly Client[]
  /** The calls since a moment of `performance.now()`. */
  since(moment: number): { ok: number; failed: Record<string, number>; lastFailure: number }
  stop(): Promise<void>
}

/** What clients come by. */
export type Doors = Pick<Suite, 'gateway' | 'rest'>

/**
 * Starts the load through the gateway, in rooms of this name. No client waits for another: a refusal for lack of a room would
 * be a false one.
 */
export async function startLoad(suite: Doors, count: number, name = 'load'): Promise<Load> {
  const outcomes: Outcome[] = []
  let running = true
  const clients = Array.from({ length: count }, (): Client => ({ sent: new Map(), notes: new Map() }))
  const rooms = await Promise.all(clients.map((_, n) => suite.gateway.rooms.createRoom({ number: `${name} ${n}` })))
  const guest = await suite.gateway.guests.createGuest({ first_name: 'Load' })
  const call = async (act: () => Promise<void>) => {
    const code = await act().then(() => 'OK', codeOf)
    outcomes.push({ at: performance.now(), code })
    await sleep(BETWEEN_CALLS_MS)
  }
  const work = clients.map(async (client, n) => {
    const door = n % 2 === 0 ? restDoor(suite) : grpcDoor(suite)
    for (let turn = 0; running; turn++) {
      const note = randomUUID()
      client.sent.set(note, undefined)
      const stay = { guest: guest.id, room: rooms[n]?.id ?? '', in_date: day(turn), out_date: day(turn + 1), note }
      await call(async () => {
        const id = await door.reserve(stay)
        client.sent.set(note, id)
        client.notes.set(id, { acknowledged: note, since: [] })
      })
      await call(() => door.list())
      await call(() => door.greet(`Guest ${n}`))
      const [id, notes] = [...client.notes].at(-1) ?? []
      if (id === undefined || notes === undefined) continue
      const next = randomUUID()
      notes.since.push(next)
      await call(async () => {
        await door.change(id, next)
        client.notes.set(id, { acknowledged: next, since: [] })
      })
    }
  })
  return {
    clients,
    since(moment) {
      const seen = outcomes.filter(({ at }) => at >= moment)
      const failed: Record<string, number> = {}
      for (const { code } of seen) if (code !== 'OK') failed[code] = (failed[code] ?? 0) + 1
      const last = seen.findLast(({ code }) => code !== 'OK')
      return { ok: seen.filter(({ code }) => code === 'OK').length, failed, lastFailure: (last?.at ?? moment) - moment }
    },
    async stop() {
      running = false
      await Promise.all(work)
    },
  }
}

/** What the databases say against the clients' logs: empty when no create ran twice and nothing acknowledged is lost. */
export async function contradictions(suite: Suite, load: Load): Promise<string[]> {
  const rows = await suite.sql<{ id: string; note: string; created_as: string }>(
    'reservations',
    `select r.id, r.note, c.payload->>'note' as created_as
     from reservation r join change c on c.hotel_id = r.hotel_id and c.id = r.id and c.kind = 'CREATED'`,
  )
  const wrong: string[] = []
  const idsOf = Map.groupBy(rows, (row) => row.created_as)
  const stored = new Map(rows.map((row) => [row.id, row.note]))
  for (const { sent, notes } of load.clients) {
    for (const [note, id] of sent) {
      const made = idsOf.get(note) ?? []
      if (made.length > 1) wrong.push(`the create ${note} ran ${made.length} times`)
      if (id !== undefined && made[0]?.id !== id) wrong.push(`the reservation ${id} was acknowledged and is lost`)
    }
    for (const [id, { acknowledged, since }] of notes) {
      const note = stored.get(id)
      if (note !== acknowledged && !since.includes(note ?? ''))
        wrong.push(`${id} has the note ${note}, not ${acknowledged}`)
    }
  }
  return wrong
}

type Door = {
  reserve(stay: { guest: string; room: string; in_date: string; out_date: string; note: string }): Promise<string>
  change(id: string, note: string): Promise<void>
  list(): Promise<void>
  greet(name: string): Promise<void>
}

function grpcDoor(doors: Doors): Door {
  return {
    reserve: async (stay) => (await doors.gateway.reservations.createReservation(stay)).id,
    change: async (id, note) => void (await doors.gateway.reservations.updateReservation({ id, note })),
    list: async () => void (await doors.gateway.rooms.listRooms({})),
    greet: async (first_name) => void (await doors.gateway.guests.createGuest({ first_name })),
  }
}

function restDoor(suite: Doors): Door {
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await suite.rest(method, path, body === undefined ? {} : { body })
    if (answer.status >= 400) throw new ClientError(path, answer.json?.code ?? Status.UNKNOWN, answer.text)
    return answer.json
  }
  return {
    reserve: async (stay) => (await send('POST', '/reservations', stay)).id,
    change: (id, note) => send('PATCH', `/reservations/${id}`, { note }),
    list: () => send('GET', '/rooms'),
    greet: (first_name) => send('POST', '/guests', { first_name }),
  }
}

/**
 * The name of the code. A connection that is refused or cut is what UNAVAILABLE is to a client of HTTP; and an answer that
 * is cut in the middle, when its headers have been sent, can only be reset, which grpc-js calls INTERNAL.
 */
function codeOf(error: unknown): string {
  if (error instanceof ClientError && error.details.startsWith('Received RST_STREAM')) return 'UNAVAILABLE'
  if (error instanceof ClientError) return Status[error.code] ?? String(error.code)
  const cause = (error as { cause?: { code?: string } }).cause?.code ?? ''
  return /^(ECONN|EPIPE|UND_ERR_SOCKET)/.test(cause) ? 'UNAVAILABLE' : String(error)
}

import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { causeOf } from '../database/cause.ts'
import { connectionOf } from '../database/database-url.ts'
import type { Logger } from '../telemetry/log.ts'

const CHANNEL = 'feed'
const NOTIFY_EVERY_MS = 20
const POLL_EVERY_MS = 2_000
/** What has no answer by then has lost its connection, whatever the network says of it. */
const ANSWER_WITHIN_MS = 5_000

/**
 * The feed heads of a database as they move, for those who stream from it. PostgreSQL's NOTIFY only wakes, with polling
 * behind it; the numbers themselves are always read from the table.
 */
export type Heads = {
  /** Says that this process committed a change of a hotel, so that all replicas of the service wake. */
  moved(hotel: string): void
  /**
   * The heads as they move, of one hotel or of all: a wait ends with what moved since the one before, when the numbering
   * becomes another one, or after the time.
   */
  follow(signal: AbortSignal, hotel?: string): { moved(milliseconds: number): Promise<Moved>; end(): void }
  /** Identity of the numbering as it was last seen, which a restore renews; empty until the database has answered. */
  epoch(): string
  /**
   * Rows of a statement on the connection that listens: whether the database answers, whatever the service's pool is at.
   * Throws at once while there is no connection, and after the time.
   */
  ask<Row extends pg.QueryResultRow>(text: string, withinMs: number): Promise<Row[]>
  close(): Promise<void>
}

/** Heads that have moved, and the numbering that they are of: all that were known of another are forgotten. */
export type Moved = { readonly epoch: string; readonly heads: ReadonlyMap<string, bigint> }

type Follower = { hotel: string | undefined; pending: Map<string, bigint>; isRenumbered: boolean; wake: () => void }

/** Heads with their numbering, of one snapshot; one row without a hotel when there are none. */
type Row = { epoch: string; hotel_id: string | null; seq: string }
const HEADS = 'select e.epoch, h.hotel_id, h.seq from feed_epoch e left join feed_head h on'

/** Opens the one connection that listens and notifies; it reconnects by itself. */
export function openHeads(url: string, log: Logger): Heads {
  const known = new Map<string, bigint>()
  let epoch = ''
  const followers = new Set<Follower>()
  const toNotify = new Set<string>()
  const closing = new AbortController()
  let client: pg.Client | undefined
  let noClient: unknown = new Error('the database is not connected yet')
  let notifyTimer: NodeJS.Timeout | undefined

  const begin = (current: string) => {
    epoch = current
    known.clear()
    for (const follower of followers) {
      follower.pending.clear()
      follower.isRenumbered = true
      follower.wake()
    }
  }
  const see = (rows: Row[]) => {
    for (const { epoch: current, hotel_id, seq } of rows) {
      if (current !== epoch) begin(current)
      if (hotel_id === null) continue
      const number = BigInt(seq)
      if (number <= (known.get(hotel_id) ?? 0n)) continue
      known.set(hotel_id, number)
      for (const follower of followers) {
        if (follower.hotel !== undefined && follower.hotel !== hotel_id) continue
        follower.pending.set(hotel_id, number)
        follower.wake()
      }
    }
  }
  const readAll = async (on: pg.Client) => see((await on.query<Row>(`${HEADS} true`)).rows)
  const notify = async () => {
    notifyTimer = undefined
    const hotels = [...toNotify].slice(0, 150)
    for (const hotel of hotels) toNotify.delete(hotel)
    if (toNotify.size > 0) notifyTimer = setTimeout(notify, NOTIFY_EVERY_MS)
    await client?.query('select pg_notify($1, $2)', [CHANNEL, hotels.join(' ')]).catch(() => undefined)
  }
  const listen = async () => {
    while (!closing.signal.aborted) {
      const connection = new pg.Client({
        ...connectionOf(url),
        application_name: 'hotel-feed',
        connectionTimeoutMillis: 5_000,
        query_timeout: ANSWER_WITHIN_MS,
      })
      try {
        await untilLost(connection)
      } catch (error) {
        noClient = error
        if (!closing.signal.aborted) log.warn({ err: causeOf(error) }, 'feed listener lost its connection')
      } finally {
        client = undefined
        await connection.end().catch(() => undefined)
      }
      if (!closing.signal.aborted) await pause(250, closing.signal)
    }
  }
  const untilLost = async (connection: pg.Client) => {
    const lost = new Promise<never>((_, reject) => {
      connection.on('error', reject)
      connection.on('end', () => reject(new Error('the connection ended')))
      closing.signal.addEventListener('abort', () => reject(new Error('closing')), { once: true })
    })
    lost.catch(() => undefined)
    await connection.connect()
    connection.on('notification', ({ payload }) => {
      const hotels = payload?.split(' ') ?? []
      connection.query<Row>(`${HEADS} h.hotel_id = any($1)`, [hotels]).then(
        ({ rows }) => see(rows),
        () => undefined,
      )
    })
    await connection.query(`listen ${CHANNEL}`)
    client = connection
    // Listen first, then read: what commits in between is either read or notified.
    while (!closing.signal.aborted) {
      await Promise.race([readAll(connection), lost])
      await Promise.race([pause(POLL_EVERY_MS, closing.signal), lost])
    }
  }
  const listening = listen()

  return {
    moved(hotel) {
      toNotify.add(hotel)
      notifyTimer ??= setTimeout(notify, NOTIFY_EVERY_MS)
    },
    follow(signal, hotel) {
      const follower: Follower = { hotel, pending: new Map(), isRenumbered: false, wake: () => undefined }
      followers.add(follower)
      const end = () => {
        followers.delete(follower)
        // A signal that others abort is kept in memory as long as somebody listens.
        signal.removeEventListener('abort', end)
        follower.wake()
      }
      signal.addEventListener('abort', end, { once: true })
      return {
        async moved(milliseconds) {
          if (follower.pending.size === 0 && !follower.isRenumbered && !signal.aborted) {
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, milliseconds)
              follower.wake = () => {
                clearTimeout(timer)
                resolve()
              }
            })
          }
          const heads = follower.pending
          follower.pending = new Map()
          follower.isRenumbered = false
          return { epoch, heads }
        },
        end,
      }
    },
    epoch: () => epoch,
    async ask<Row extends pg.QueryResultRow>(text: string, withinMs: number) {
      if (client === undefined) throw noClient
      // pg takes the time of one statement, which its types do not know.
      return (await client.query<Row>({ text, query_timeout: withinMs } as pg.QueryConfig)).rows
    },
    async close() {
      closing.abort()
      clearTimeout(notifyTimer)
      await listening
    },
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

import pg from 'pg'
import { planProbes } from '../database/database.ts'
import { connectionOf } from '../database/database-url.ts'
import type { Hosts } from '../database/hosts.ts'
import { causeOf } from '../errors/cause.ts'
import { within } from '../library-patches/pg/untyped.ts'
import type { Logger } from '../process/log.ts'
import { answered, pause } from '../process/waiting.ts'
import { type Follow, feedFollowers, type Row } from './feed-followers.ts'

const CHANNEL = 'feed'
const NOTIFY_EVERY_MS = 20
const POLL_EVERY_MS = 2_000
/** A query without an answer by then has lost its connection, even if the network reports no error. */
const ANSWER_WITHIN_MS = 5_000
/** A process that writes says so several times in it. */
const WRITES_FOR_MS = 1_000

/**
 * The feed heads of a database as they move, for those who stream from it. PostgreSQL's NOTIFY only wakes, with polling
 * behind it; the numbers themselves are always read from the table.
 */
export type FeedListener = {
  /** Says that this process committed a change of a hotel, so that all replicas of the service wake. */
  moved(hotel: string): void
  /** Whether another process has committed changes in the last second. */
  othersWrite(): boolean
  /** The heads as they move, of one hotel or of all. */
  readonly follow: Follow
  /** Identity of the numbering as it was last seen, which a restore renews; empty until the database has answered. */
  epoch(): string
  /**
   * Rows of a statement on the connection that listens: whether the database answers, whatever the service's pool is at.
   * Throws at once while there is no connection, and after the time.
   */
  ask<Row extends pg.QueryResultRow>(text: string, withinMs: number): Promise<Row[]>
  close(): Promise<void>
}

const HEADS = 'select e.epoch, h.hotel_id, h.seq from feed_epoch e left join feed_head h on'

/**
 * Whether a FROM item has a row, asked on the connection that is open anyway: for jobs that come every few seconds and find
 * nothing nearly always, for whom a connection of the pool would stay open, 20 MB at the server.
 */
export async function isAny(heads: Pick<FeedListener, 'ask'>, from: string): Promise<boolean> {
  const [row] = await heads.ask<{ any: boolean }>(`select exists (select from ${from}) as any`, ANSWER_WITHIN_MS)
  return row?.any === true
}

/** Opens the one connection that listens and notifies; it reconnects by itself. */
export function openFeedListener(url: string, log: Logger): FeedListener {
  const followers = feedFollowers()
  const toNotify = new Set<string>()
  const closing = new AbortController()
  let client: pg.Client | undefined
  let noClient: unknown = new Error('the database is not connected yet')
  let notifyTimer: NodeJS.Timeout | undefined
  let lastOther = Number.NEGATIVE_INFINITY

  let last: Promise<unknown> = Promise.resolve()
  /** A statement after those before: what comes while one runs, `pg` warns of, and its next version refuses. */
  const inTurn = <R extends pg.QueryResultRow>(on: pg.Client, query: pg.QueryConfig): Promise<R[]> => {
    const own = last.then(async () => (await on.query<R>(query)).rows)
    last = own.catch(() => undefined)
    return own
  }
  const readAll = async (on: pg.Client) => followers.see(await inTurn<Row>(on, { text: `${HEADS} true` }))
  const notify = async () => {
    notifyTimer = undefined
    const hotels = [...toNotify].slice(0, 150)
    for (const hotel of hotels) toNotify.delete(hotel)
    if (toNotify.size > 0) notifyTimer = setTimeout(notify, NOTIFY_EVERY_MS)
    if (client === undefined) return
    const values = [CHANNEL, hotels.join(' ')]
    await inTurn(client, { text: 'select pg_notify($1, $2)', values }).catch(() => undefined)
  }
  const listen = async () => {
    while (!closing.signal.aborted) {
      const way = connectionOf(url)
      const connection = new pg.Client({
        ...way,
        application_name: 'hotel-feed',
        connectionTimeoutMillis: 5_000,
        query_timeout: ANSWER_WITHIN_MS,
      })
      try {
        await untilLost(connection, way.hosts)
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
  const untilLost = async (connection: pg.Client, hosts: Hosts | undefined) => {
    const lost = new Promise<never>((_, reject) => {
      connection.on('error', reject)
      connection.on('end', () => reject(new Error('the connection ended')))
      closing.signal.addEventListener('abort', () => reject(new Error('closing')), { once: true })
    })
    lost.catch(() => undefined)
    await connection.connect()
    await hosts?.demandPrimary(connection)
    await planProbes(connection)
    const own = (connection as unknown as { processID: number }).processID
    connection.on('notification', ({ payload, processId }) => {
      if (processId !== own) lastOther = performance.now()
      const hotels = payload?.split(' ') ?? []
      // A follower reads where the heads are after it has begun to follow: nobody misses a change that is not read here.
      if (!followers.areFollowed(hotels)) return
      inTurn<Row>(connection, { text: `${HEADS} h.hotel_id = any($1)`, values: [hotels] }).then(
        followers.see,
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
    othersWrite: () => performance.now() - lastOther < WRITES_FOR_MS,
    follow: followers.follow,
    epoch: followers.epoch,
    async ask<Row extends pg.QueryResultRow>(text: string, withinMs: number) {
      if (client === undefined) throw noClient
      return await answered(withinMs, inTurn<Row>(client, within(withinMs, { text })))
    },
    async close() {
      closing.abort()
      clearTimeout(notifyTimer)
      await listening
    },
  }
}

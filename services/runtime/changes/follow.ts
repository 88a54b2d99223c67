import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { ClientError, Status } from 'nice-grpc'
import { causeOf } from '../errors/cause.ts'
import type { Peer } from '../peers/peers.ts'
import type { Amiss } from '../process/amiss.ts'
import type { FeedState } from '../telemetry/metrics.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { takeTurns } from './feed-turns.ts'
import { newReading, type Reading } from './reading.ts'
import { Renumbered, type Replica, type Standing } from './replica.ts'

export type Follower = {
  /** Whether everything that the peer had at some moment since the start is applied, but of hotels that are set aside. */
  caughtUp(): boolean
  /** Whether a hotel's changes can not be had or applied, so that nobody waits for it; and of how many that is so. */
  isSetAside(hotel: string): boolean
  setAside(): number
  close(): Promise<void>
}

type FollowOptions = {
  /** What the feed is called in logs and metrics. */
  name: string
  peer: Peer
  replica: Replica
  /** Identity of the numbering of this service's own database; empty while it is not known. */
  ownEpoch: () => string
  telemetry: Telemetry
}

const PARALLEL_HOTELS = 4
const RETRY_MS = 250

/**
 * Follows a peer's feed for ever: the heads by a stream, the changes of the hotels that moved by pages, a page of each in
 * turn. A hotel whose changes can not be had or applied is set aside and tried again, and stands in no other's way.
 */
export function followFeed(options: FollowOptions): Follower {
  const { name, telemetry } = options
  const { log, metrics } = telemetry
  const closing = new AbortController()
  let reading: Reading | undefined
  let heardAt = performance.now()
  let caughtUp = false
  const turns = takeTurns({
    parallel: PARALLEL_HOTELS,
    setAside: (hotel, error) =>
      log.warn({ feed: name, hotel, err: causeOf(error) }, 'hotel set aside: its changes cannot be followed'),
    followed: (hotel) => log.info({ feed: name, hotel }, 'hotel followed again'),
    turned: () => look(),
  })
  const feed = metrics.follows(name, () => stateOf(reading, turns, heardAt))

  const look = () => {
    if (caughtUp || !reading?.isCaughtUp(turns.isSetAside)) return
    caughtUp = true
    log.info({ feed: name, set_aside: turns.setAside() }, 'replica caught up')
  }
  const run = async () => {
    const known = await options.replica.load()
    const client = options.peer.client(FeedServiceDefinition)
    const interrupt = new AbortController()
    const signal = AbortSignal.any([closing.signal, interrupt.signal])
    try {
      for await (const { heads, epoch, more } of client.watchHeads({}, { signal })) {
        heardAt = performance.now()
        const standing = reading === undefined ? await standingUnder(epoch, known, options) : known
        reading ??= newReading({ ...options, client, standing, signal, applied: feed.applied })
        if (epoch !== reading.epoch || ![known.own, ''].includes(options.ownEpoch())) throw new Renumbered()
        const behind = reading.heads(heads, more)
        if (more) continue
        turns.open(stepOf(reading, options.replica, interrupt), (error) => interrupt.abort(error))
        for (const hotel of behind) turns.add(hotel)
        look()
      }
    } catch (error) {
      throw interrupt.signal.aborted ? interrupt.signal.reason : error
    } finally {
      interrupt.abort()
      await turns.close()
      reading = undefined
    }
  }
  const running = againAndAgain(run, closing.signal, options)

  return {
    caughtUp: () => caughtUp,
    isSetAside: turns.isSetAside,
    setAside: turns.setAside,
    async close() {
      closing.abort()
      await running
    },
  }
}

/**
 * Throws unless all followers have caught up. Gives, for the health service of each feed, what is amiss there: hotels that
 * are set aside keep no other from being served.
 */
export function demandCaughtUp(followers: Readonly<Record<string, Follower>>): Amiss {
  const named = Object.entries(followers)
  if (!named.every(([, follower]) => follower.caughtUp())) throw new Error('replicas are not caught up')
  return Object.fromEntries(
    named.map(([name, follower]) => {
      const hotels = follower.setAside()
      const words = `${hotels} of the hotels in the feed of ${name} cannot be followed`
      return [`hotel.feed.${name}`, hotels === 0 ? undefined : words]
    }),
  )
}

/** Where the replica stands under the numbering that the peer has: where it stood, or at the beginning. */
async function standingUnder(epoch: string, known: Standing, { name, replica, telemetry }: FollowOptions) {
  if (known.epoch === epoch) return known
  if (known.epoch !== undefined)
    telemetry.log.warn({ feed: name }, 'the feed has a new numbering: all of it is read again')
  return replica.restart(known.epoch, epoch)
}

async function againAndAgain(run: () => Promise<void>, closing: AbortSignal, options: FollowOptions): Promise<void> {
  const { name, telemetry } = options
  let before = ''
  while (!closing.aborted) {
    await run().catch((error: Error) => {
      if (closing.aborted) return
      // It is tried again all the time; a fault that a restart does not fix is logged once.
      const level = isRefused(error) && error.message !== before ? 'warn' : 'debug'
      telemetry.log[level]({ feed: name, err: causeOf(error) }, 'feed interrupted')
      before = error.message
    })
    if (!closing.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** A step of which fails what is the hotel's: without this service's own database nothing is, and all is interrupted. */
function stepOf(reading: Reading, replica: Replica, interrupt: AbortController): Reading['step'] {
  return (hotel) =>
    reading.step(hotel).catch(async (error: unknown) => {
      await replica.demandDatabase().catch((gone) => interrupt.abort(gone))
      throw error
    })
}

/** Whether the peer does not take this service's token. */
function isRefused(error: Error): boolean {
  return error instanceof ClientError && [Status.UNAUTHENTICATED, Status.PERMISSION_DENIED].includes(error.code)
}

type SetAside = { isSetAside(hotel: string): boolean; setAside(): number }

/** How far a follower is, by the clock of this machine alone; what is set aside is told as such, and delays nothing. */
function stateOf(reading: Reading | undefined, turns: SetAside, heardAt: number): FeedState {
  const late = (reading?.late() ?? []).filter(({ hotel }) => !turns.isSetAside(hotel))
  const now = performance.now()
  const oldest = late.reduce((first, { since }) => Math.min(first, since), now)
  return {
    changes: Number(late.reduce((sum, { changes }) => sum + changes, 0n)),
    lagSeconds: (now - oldest) / 1_000,
    ageSeconds: (now - Math.min(oldest, heardAt)) / 1_000,
    setAside: turns.setAside(),
  }
}

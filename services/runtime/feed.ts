import type { Change, FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import type { CallContext, ServiceImplementation } from 'nice-grpc'
import { Status } from 'nice-grpc'
import { type EntityManager, forkFor, type MikroORM, query } from './database.ts'
import type { Heads } from './heads.ts'
import { invalidFields, Refusal } from './refusal.ts'
import type { Rebuild } from './write.ts'

const PAGE = 500
const CHECKPOINT_EVERY_MS = 5_000

/** A row of the change table. */
export type ChangeRow = {
  seq: string
  resource: string
  version: number
  kind: 'CREATED' | 'UPDATED' | 'DELETED' | 'UNDELETED'
  actor: string
  time: string
  payload: Record<string, unknown>
}

/** A resource's message as `google.protobuf.Any`: its full name and how to encode it. */
export type Encode = (resource: string, message: object) => { type_url: string; value: Buffer }

type FeedOptions = { orm: MikroORM; heads: Heads; rebuild: Rebuild; encode: Encode }

/** The feed for the other services of the suite. */
export function feedService({
  orm,
  heads,
  rebuild,
  encode,
}: FeedOptions): ServiceImplementation<typeof FeedServiceDefinition> {
  return {
    async *watchHeads(_request, call) {
      const em = forkFor(orm, call.signal)
      const epoch = await epochOf(em)
      // Follow first, then read: what commits in between is in one of the two.
      const following = heads.follow(call.signal)
      try {
        const all = await query<{ hotel_id: string; seq: string }>(
          em,
          'select hotel_id, seq from feed_head where seq > 0',
        )
        let moved = new Map(all.map(({ hotel_id, seq }) => [hotel_id, BigInt(seq)]))
        while (!call.signal.aborted) {
          yield { heads: [...moved].map(([hotel, seq]) => ({ hotel, seq })), epoch }
          moved = await following.moved(CHECKPOINT_EVERY_MS)
        }
      } finally {
        following.end()
      }
    },
    async listChanges({ hotel, after_seq }, call) {
      const em = forkFor(orm, call.signal)
      const [epoch, rows] = [await epochOf(em), await changesAfter(em, hotel, after_seq)]
      const changes = rows.map(
        (row): Change => ({
          seq: BigInt(row.seq),
          resource: encode(row.resource, rebuild(row.resource, row.payload)),
          version: BigInt(row.version),
          time: new Date(row.time),
        }),
      )
      return { changes, epoch }
    },
  }
}

/** The identity of a database's feed numbering. */
export async function epochOf(em: EntityManager): Promise<string> {
  const [row] = await query<{ epoch: string }>(em, 'select epoch from feed_epoch')
  return row?.epoch ?? ''
}

async function changesAfter(em: EntityManager, hotel: string, after: bigint): Promise<ChangeRow[]> {
  return query<ChangeRow>(
    em,
    `select seq, resource, version, kind, actor, time, payload from change
     where hotel_id = $1 and seq > $2 order by seq limit ${PAGE}`,
    [hotel, String(after)],
  )
}

type WatchRequest = { hotel: string; cursor: string; from_now: boolean }

/**
 * Streams the changes of one kind of resource of a hotel after a cursor, without gap and in commit order; a checkpoint
 * every few seconds when idle. Throws INVALID_ARGUMENT for a cursor of another hotel, OUT_OF_RANGE `CURSOR_EXPIRED` for
 * one of another epoch.
 */
export async function* watch(
  { orm, heads }: Pick<FeedOptions, 'orm' | 'heads'>,
  call: CallContext,
  request: WatchRequest,
  resource: string,
): AsyncGenerator<{ changes: ChangeRow[]; cursor: string }> {
  const em = forkFor(orm, call.signal)
  const epoch = await epochOf(em)
  let after = await startOf(em, request, epoch)
  // Follow first, then query: a change that commits in between wakes the next wait.
  const following = heads.follow(call.signal, request.hotel)
  try {
    let idle = request.from_now
    if (idle) yield { changes: [], cursor: cursorOf(epoch, request.hotel, after) }
    while (!call.signal.aborted) {
      const rows = await changesAfter(em, request.hotel, after)
      const last = rows.at(-1)
      if (last !== undefined) {
        after = BigInt(last.seq)
        const changes = rows.filter((row) => row.resource === resource)
        if (changes.length > 0) yield { changes, cursor: cursorOf(epoch, request.hotel, after) }
        idle = false
      } else {
        if (idle) yield { changes: [], cursor: cursorOf(epoch, request.hotel, after) }
        idle = (await following.moved(CHECKPOINT_EVERY_MS)).size === 0
      }
    }
  } finally {
    following.end()
  }
}

async function startOf(em: EntityManager, { hotel, cursor, from_now }: WatchRequest, epoch: string): Promise<bigint> {
  if (from_now) {
    const [head] = await query<{ seq: string }>(em, 'select seq from feed_head where hotel_id = $1', [hotel])
    return BigInt(head?.seq ?? 0)
  }
  if (cursor === '') return 0n
  const [of, at, seq] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (at !== hotel || seq === undefined || !/^\d{1,18}$/.test(seq)) {
    throw invalidFields([{ field: 'cursor', description: 'is not a cursor of this hotel: start over without one' }])
  }
  if (of !== epoch) {
    throw new Refusal(
      Status.OUT_OF_RANGE,
      'CURSOR_EXPIRED',
      'the changes after the cursor are no longer kept: list, then watch from now',
    )
  }
  return BigInt(seq)
}

function cursorOf(epoch: string, hotel: string, seq: bigint): string {
  return Buffer.from(`${epoch} ${hotel} ${seq}`).toString('base64url')
}

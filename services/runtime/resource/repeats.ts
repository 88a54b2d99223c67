import { hash as hashOf } from 'node:crypto'
import { type CallContext, Status } from 'nice-grpc'
import { currentCaller } from '../access/caller.ts'
import { type EntityManager, query } from '../database/database.ts'
import { requestForm } from '../server/request-form.ts'
import { invalidFields, Refusal } from './refusal.ts'
import type { Scope } from './write.ts'

/** What makes a call a repeat of another: undefined without a key. */
export type Repeat =
  | {
      readonly caller: string
      readonly key: string
      readonly method: string
      /** Of the request as a message. */
      readonly digest: Buffer
      /** Of the request as the build before sees it. */
      readonly hash: Buffer
    }
  | undefined

/** A change that holds, of one resource, what a first call answered. */
export type Kept = { readonly resource: string; readonly payload: Record<string, unknown> }

/** The key of a call with what it is used for; throws INVALID_FIELD for one that is none. */
export function repeatOf(call: CallContext, method: string, request: object): Repeat {
  const key = call.metadata.get('idempotency-key')
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidFields([
      { field: 'idempotency-key', description: 'is not 1 to 255 visible ASCII characters without spaces' },
    ])
  }
  const ifMatch = call.metadata.get('if-match') ?? ''
  return {
    caller: currentCaller().subject,
    key,
    method,
    digest: sha256(JSON.stringify([method, Buffer.from(requestForm(request)).toString('base64'), ifMatch])),
    hash: sha256(JSON.stringify([method, request, ifMatch])),
  }
}

function sha256(text: string): Buffer {
  return hashOf('sha256', text, 'buffer')
}

type KeyRow = {
  method: string
  request_hash: Buffer
  request_digest: Buffer | null
  change_hotel_id: string
  change_seq: string
  change_seqs: string[] | null
}

/**
 * The changes that hold what the first call with this key answered, in the order of the feed; undefined when there was none.
 * One of the build before has caused the last `changes` up to the one that its key points at.
 */
export async function recall(
  em: EntityManager,
  scope: Scope,
  repeat: Repeat,
  changes = 1,
): Promise<[Kept, ...Kept[]] | undefined> {
  if (repeat === undefined) return undefined
  const { caller, key } = repeat
  const [first] = await query<KeyRow>(
    em,
    `select method, request_hash, request_digest, change_hotel_id, change_seq, change_seqs from idempotency_key
     where hotel_id = $1 and caller = $2 and key in ($3, $4)`,
    [scope.hotel, caller, key, erasedKey(key)],
  )
  if (first === undefined) return undefined
  if (!isSame(first, repeat)) {
    throw new Refusal(
      Status.INVALID_ARGUMENT,
      'IDEMPOTENCY_KEY_REUSED',
      `the idempotency key ${key} was used with another request: use a new one`,
      { idempotency_key: key },
    )
  }
  const last = BigInt(first.change_seq)
  const seqs = first.change_seqs ?? Array.from({ length: changes }, (_, before) => String(last - BigInt(before)))
  const [one, ...others] = await query<Kept>(
    em,
    'select resource, payload from change where hotel_id = $1 and seq = any($2) order by seq',
    [first.change_hotel_id, seqs],
  )
  if (one === undefined) throw new Error('a key points at changes that are not there')
  return [one, ...others]
}

/** Either form of a request will do, so that instances of this build and of the one before know each other's keys. */
function isSame(first: KeyRow, { method, digest, hash }: NonNullable<Repeat>): boolean {
  if (first.method !== method) return false
  const isErased = first.request_hash.length === 0
  return isErased || first.request_hash.equals(hash) || first.request_digest?.equals(digest) === true
}

/** What stands for a key once the personal data of its call is erased (erasure.sql): then nothing of the request is left. */
export function erasedKey(key: string): string {
  return ` ${hashOf('sha256', key, 'hex')}`
}

/** The number of the last change of the hotel that a write is about. */
export async function headOf(em: EntityManager, scope: Scope): Promise<bigint> {
  const [head] = await query<{ seq: string }>(em, 'select seq from feed_head where hotel_id = $1', [
    scope.creates ?? scope.hotel,
  ])
  return BigInt(head?.seq ?? 0)
}

/** What a write that succeeded is remembered by. */
type Done = {
  /** The hotel's last change before it. */
  readonly before: bigint
  readonly now: Date
  /** The resources of its answer, when these are several, and which it changed, all or none. */
  readonly several: readonly string[] | undefined
  /** The resource of its answer, where the request names one. */
  readonly id: string | undefined
  /** The kinds of resources that the service has. */
  readonly resources: readonly string[]
}

/**
 * Keeps what the write answered, in its transaction: its own changes; or, when it changed nothing, the latest ones of the
 * resources that it found to be as wanted, which hold the same.
 */
export async function remember(em: EntityManager, scope: Scope, repeat: Repeat, done: Done): Promise<void> {
  if (repeat === undefined) return
  const { caller, key, method, digest, hash } = repeat
  const { before, now, several, id } = done
  const last = await headOf(em, scope)
  const hasChanged = last !== before
  const ids = several ?? (id === undefined ? [] : [id])
  const seqs = hasChanged
    ? (several ?? [key]).map((_, place) => last - BigInt(place))
    : await latestChanges(em, scope, done.resources, ids)
  // The build before looks for several changes in a row, and answers another's: it has to take the key for reused instead.
  const isForeseen = hasChanged || several === undefined
  await query(
    em,
    `insert into idempotency_key
       (hotel_id, caller, key, method, request_hash, request_digest, change_hotel_id, change_seq, change_seqs, create_time)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      scope.hotel,
      caller,
      key,
      method,
      isForeseen ? hash : digest,
      digest,
      scope.creates ?? scope.hotel,
      String(seqs[0]),
      several === undefined ? null : seqs.map(String),
      now.toISOString(),
    ],
  )
}

/** The numbers of the latest change of each of these resources; a write that changed nothing is about what is there. */
async function latestChanges(
  em: EntityManager,
  scope: Scope,
  resources: readonly string[],
  ids: readonly string[],
): Promise<bigint[]> {
  const rows = await query<{ seq: string }>(
    em,
    `select distinct on (id) seq from change
     where hotel_id = $1 and resource = any($2) and id = any($3) order by id, version desc`,
    [scope.creates ?? scope.hotel, resources, ids],
  )
  if (ids.length === 0 || rows.length !== ids.length)
    throw new Error('a write changed nothing, and what it found can not be kept for its repeats')
  return rows.map(({ seq }) => BigInt(seq))
}

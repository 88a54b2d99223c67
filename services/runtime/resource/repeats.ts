import { hash as hashOf } from 'node:crypto'
import { type CallContext, Status } from 'nice-grpc'
import { currentCaller } from '../call/call.ts'
import { requestForm } from '../call/request-form.ts'
import { type EntityManager, type Prepared, query } from '../database/database.ts'
import type { Saved } from '../database/save.ts'
import type { Transaction } from '../database/transaction.ts'
import { invalidFields, Refusal } from '../errors/refusal.ts'
import type { Scope } from './write-scope.ts'

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

const KEY: Prepared = {
  name: 'idempotency_key',
  text: `select method, request_hash, request_digest, change_hotel_id, change_seq, change_seqs from idempotency_key
    where hotel_id = $1 and caller = $2 and key in ($3, $4)`,
}

/**
 * The changes that hold what the first call with this key answered, in the order of the feed; undefined when there was no such
 * call. One of the build before has caused the last `changes` up to the one that its key points at.
 */
export async function recall(
  em: EntityManager,
  scope: Scope,
  repeat: Repeat,
  changes = 1,
): Promise<readonly Kept[] | undefined> {
  if (repeat === undefined) return undefined
  const { caller, key } = repeat
  const [first] = await query<KeyRow>(em, KEY, [scope.hotel, caller, key, erasedKey(key)])
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
  const kept = await query<Kept>(
    em,
    'select resource, payload from change where hotel_id = $1 and seq = any($2) order by seq',
    [first.change_hotel_id, seqs],
  )
  if (kept.length === 0 && seqs.length > 0) throw new Error('a key points at changes that are not there')
  return kept
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

/** What a write that succeeded is remembered by. */
export type KeyOfWrite = {
  readonly scope: Scope
  readonly repeat: NonNullable<Repeat>
  /** The hotel's last change before its transaction. */
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
 * Keys with what their writes answered: the latest changes of the resources that they made, changed, or found to be as
 * wanted. The build before looks for several changes in a row, and answers another's: where there was no change it has to
 * take the key for reused instead. A change that is not there is null, which the table refuses. One that found nothing to change
 * answers by no change.
 */
const STORE_KEYS: Prepared = {
  name: 'store_keys',
  text: `with stored as (insert into idempotency_key
      (hotel_id, caller, key, method, request_hash, request_digest, change_hotel_id, change_seq, change_seqs, create_time)
    select h.hotel_id, k.caller, k.key, k.method,
      case when k.are_several and answer.are_new is not true then k.digest else k.hash end, k.digest, k.of_hotel,
      case when answer.number = cardinality(k.ids::uuid[]) then coalesce(answer.seqs[1], k.before) end,
      case when k.are_several then coalesce(answer.seqs, '{}') end, k.now
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::uuid[], $8::bigint[],
        $9::text[], $10::text[], $11::boolean[], $12::timestamptz[])
      as k (hotel, caller, key, method, hash, digest, of_hotel, before, resources, ids, are_several, now)
    join feed_head h on h.hotel_id = k.hotel and h.hotel_id = any($1)
    cross join lateral (
      select array_agg(c.seq order by c.seq desc) as seqs, count(*) as number, bool_and(c.seq > k.before) as are_new
      from unnest(k.ids::uuid[]) as wanted (id) cross join lateral (
        select l.seq from unnest(k.resources::text[]) as kind (resource) cross join lateral (
          select t.seq from change t
          where t.hotel_id = k.of_hotel and t.hotel_id = any($7) and t.resource = kind.resource and t.id = wanted.id
          order by t.version desc limit 1) l
        order by l.seq desc limit 1) c
    ) answer returning key)
    select demand_rows(count(*), $13) from stored`,
}

/** Keeps what writes answered, in their transaction, which fails unless each is kept; `saved` is what each has made or changed. */
export async function storeKeys(
  { run }: Pick<Transaction, 'run'>,
  keys: readonly (KeyOfWrite & { readonly saved: readonly Saved[] })[],
): Promise<void> {
  if (keys.length === 0) return
  const each = (value: (key: (typeof keys)[number]) => unknown) => keys.map(value)
  await run(STORE_KEYS, [
    each(({ scope }) => scope.hotel),
    each(({ repeat }) => repeat.caller),
    each(({ repeat }) => repeat.key),
    each(({ repeat }) => repeat.method),
    each(({ repeat }) => repeat.hash),
    each(({ repeat }) => repeat.digest),
    each(({ scope }) => scope.creates ?? scope.hotel),
    each(({ before }) => String(before)),
    each(({ saved, resources }) => textArray(saved.length > 0 ? saved.map(({ table }) => table) : resources)),
    each(({ several, id, saved }) => textArray(several ?? (id === undefined ? saved.map(({ id }) => id) : [id]))),
    each(({ several }) => several !== undefined),
    each(({ now }) => now.toISOString()),
    keys.length,
  ])
}

/** An array as the text of an element of another one. */
function textArray(names: readonly string[]): string {
  return `{${[...new Set(names)].join(',')}}`
}

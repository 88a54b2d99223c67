import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto'
import { Status } from 'nice-grpc'
import { callersHotels } from '../access/hotels.ts'
import { requestForm } from '../call/request-form.ts'
import { invalidFields, Refusal } from '../errors/refusal.ts'
import { RecentMap } from '../process/recent-map.ts'
import { withinBytes } from './page-bytes.ts'

/** Rows of a page when none are asked for. */
export const DEFAULT_SIZE = 50
const LARGEST_SIZE = 500

/** A value that rows are ordered by. */
export type SortKey = string | number | boolean | null

/** Where a page starts: after the row with these sort keys, or at the beginning. */
export type After = readonly SortKey[] | undefined

/** A page that a caller asked for. */
export type Page = {
  readonly after: After
  /** Most rows that the page holds. */
  readonly size: number
  /** Rows to fetch: one more than the page holds, to know whether another page follows. */
  readonly limit: number
  /** The token of the page after the row with these sort keys; empty without, as on the last. */
  token(after: After): string
  /**
   * Cuts the rows of a statement to the page, by count and by bytes, those of all rows up to one, and gives the token of the
   * next, empty on the last.
   */
  cut<Row>(rows: readonly Row[], keyOf: (row: Row) => readonly SortKey[], bytesOf: (row: Row) => number): Cut<Row>
}

/** The rows of a page, and where the next begins. */
export type Cut<Row> = { readonly rows: readonly Row[]; readonly next: After; readonly next_page_token: string }

/** Reads the page of a list request: its size, and the token that is bound to this method, filter and the caller's hotels. */
export type Pager = (method: string, request: { page_size: number; page_token: string }) => Page

/**
 * Page tokens travel in URLs and hold names, so they are sealed with AES-256-GCM; the method, the filter and the caller's
 * hotels are the authenticated data, so that a token opens only under the list it was made for. The filter is taken as
 * protobuf writes it, so that tokens outlive a version of the API that has more fields.
 */
export function pager(secret: Buffer): Pager {
  const key = createSecretKey(secret)
  // The first pages of a list are asked for again and again, and a cipher costs more than all else of a token.
  const known = new RecentMap<string, string>(MOST_KNOWN)
  const sealed = (bound: Buffer, sortKeys: string): string => {
    const name = `${bound.toString('latin1')} ${sortKeys}`
    const there = known.get(name)
    if (there !== undefined) return there
    const made = seal(key, bound, sortKeys)
    known.set(name, made)
    return made
  }
  return (method, request) => {
    const { page_size, page_token, ...filter } = request
    if (page_size < 0) throw invalidFields([{ field: 'page_size', description: 'is negative: give 1 to 500' }])
    // Made where a token is, and once: an answer may have none.
    let made: Buffer | undefined
    const bound = () => {
      if (made !== undefined) return made
      const form = Buffer.from(requestForm({ ...filter, page_size: 0, page_token: '' })).toString('base64')
      made = Buffer.from(JSON.stringify([method, form, callersHotels()]))
      return made
    }
    // As the build before binds its own tokens, which are taken while instances of both run.
    const before = () => Buffer.from(JSON.stringify([method, filter, callersHotels()]))
    const size = Math.min(page_size === 0 ? DEFAULT_SIZE : page_size, LARGEST_SIZE)
    const token = (after: After) => (after === undefined ? '' : sealed(bound(), JSON.stringify(after)))
    return {
      after: page_token === '' ? undefined : open(key, bound(), before, page_token),
      size,
      limit: size + 1,
      token,
      cut(rows, keyOf, bytesOf) {
        const page = rows.slice(0, Math.min(size, withinBytes(rows, bytesOf)))
        const last = page.at(-1)
        const next = rows.length > page.length && last !== undefined ? keyOf(last) : undefined
        return { rows: page, next, next_page_token: token(next) }
      },
    }
  }
}

const MOST_KNOWN = 1_000

function seal(key: KeyObject, bound: Buffer, sortKeys: string): string {
  const iv = nonce()
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bound)
  const text = Buffer.concat([cipher.update(sortKeys), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
}

const NONCE_BYTES = 12
/** Random bytes for many nonces: each asking of the system takes as long as sealing itself. */
const random = Buffer.alloc(512 * NONCE_BYTES)
let used = random.length

/** Bytes that are used once. */
function nonce(): Buffer {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  used += NONCE_BYTES
  return random.subarray(used - NONCE_BYTES, used)
}

function open(key: KeyObject, bound: Buffer, before: () => Buffer, token: string): SortKey[] {
  const sealed = Buffer.from(token, 'base64url')
  const sortKeys = unsealed(key, bound, sealed) ?? unsealed(key, before(), sealed)
  if (sortKeys !== undefined) return sortKeys
  throw new Refusal(
    Status.INVALID_ARGUMENT,
    'PAGE_TOKEN_INVALID',
    'page_token does not belong to this list and filter, or to a token of these hotels: start over without it',
  )
}

function unsealed(key: KeyObject, bound: Buffer, sealed: Buffer): SortKey[] | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(bound)
    decipher.setAuthTag(sealed.subarray(12, 28))
    return JSON.parse(decipher.update(sealed.subarray(28), undefined, 'utf8') + decipher.final('utf8'))
  } catch {
    return undefined
  }
}

import { createHash } from 'node:crypto'
import type { After } from '@hotel/runtime/page'
import type { Cache } from './cache.ts'

/** Pages hold names, and one that is superseded is of no use. */
export const STAY_PAGE_LIFETIME_MS = 30_000

/** A page of stays without its token: the field `reservations` of its answer, encoded, and where the next page begins. */
export type StayPage = { readonly stays: Uint8Array; readonly next: After }

/** Pages of the lists of stays. */
export type StayPages = {
  /**
   * The page that is decided by this, and by nothing else: as it is kept, or as `load` gives it. As what decides it
   * includes the numbers of the view's last changes, which never come back, a kept page may be missing but not stale.
   */
  page(decidedBy: unknown, load: () => Promise<StayPage>): Promise<StayPage>
}

/** Keeps pages in a cache whose lifetime is STAY_PAGE_LIFETIME_MS. */
export function stayPages(cache: Cache): StayPages {
  return {
    async page(decidedBy, load) {
      const key = createHash('sha256').update(JSON.stringify(decidedBy)).digest('base64url')
      const { value, now } = await cache.get(key)
      if (value !== undefined) return unpack(value)
      const page = await load()
      void cache.put(key, pack(page), now)
      return page
    },
  }
}

function pack({ stays, next }: StayPage): Buffer {
  const keys = Buffer.from(JSON.stringify(next ?? null))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(keys.length)
  return Buffer.concat([length, keys, stays])
}

function unpack(value: Buffer): StayPage {
  const begin = 2 + value.readUInt16BE()
  const next = JSON.parse(value.toString('utf8', 2, begin)) as unknown[] | null
  return { stays: value.subarray(begin), next: next ?? undefined }
}

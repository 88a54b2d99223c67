import { createHash } from 'node:crypto'
import type { ListedPage } from '@hotel/runtime/read/list'
import type { SortKey } from '@hotel/runtime/read/page'
import type { Cache } from '../cache/cache.ts'
import type { ListVersion } from './list-version.ts'

/** Pages hold names, and a superseded page is of no use. */
export const STAY_PAGE_LIFETIME_MS = 30_000

/** Pages of the lists of stays. */
export type StayPages = {
  /**
   * The page of this request, from the cache or from `load`. A page is kept with the list version that it was loaded for,
   * and is valid only for that version: it may be missing, but not stale. Each call reads the version from Postgres,
   * while Redis is asked.
   */
  page(
    asked: unknown,
    readVersion: () => Promise<ListVersion | undefined>,
    load: (version: ListVersion | undefined) => Promise<ListedPage>,
  ): Promise<ListedPage>
}

/** Keeps pages in a cache whose lifetime is STAY_PAGE_LIFETIME_MS. */
export function stayPages(cache: Cache): StayPages {
  return {
    async page(asked, readVersion, load) {
      if (!cache.inUse()) return load(undefined)
      const key = digest(asked).toString('base64url')
      const reading = readVersion()
      const tagged = reading.then((version) => digest(version?.rows))
      const { value, now } = await cache.get(key, tagged)
      if (value !== undefined) return unpack(value)
      const version = await reading
      const page = await load(version)
      if (version !== undefined) void cache.put(key, pack(page), now, await tagged)
      return page
    },
  }
}

function digest(value: unknown): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(value ?? null))
    .digest()
}

function pack({ rows, next }: ListedPage): Buffer {
  const keys = Buffer.from(JSON.stringify(next ?? null))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(keys.length)
  return Buffer.concat([length, keys, rows])
}

function unpack(value: Buffer): ListedPage {
  const begin = 2 + value.readUInt16BE()
  const next = JSON.parse(value.toString('utf8', 2, begin)) as SortKey[] | null
  return { rows: value.subarray(begin), next: next ?? undefined }
}

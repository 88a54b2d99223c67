import { createHash } from 'node:crypto'
import type { ListedPage } from '@hotel/runtime/resource/list'
import type { SortKey } from '@hotel/runtime/resource/page'
import type { Cache } from './cache.ts'
import type { ViewHead } from './view-head.ts'

/** Pages hold names, and one that is superseded is of no use. */
export const STAY_PAGE_LIFETIME_MS = 30_000

/** Pages of the lists of stays. */
export type StayPages = {
  /**
   * The page that a caller asks for by this, as it is kept or as `load` gives it. A page is kept with the head that it was
   * loaded by, and is the page only while that is the head: it may be missing, but not stale. The head is read from
   * Postgres by each call, while Redis is asked.
   */
  page(
    asked: unknown,
    readHead: () => Promise<ViewHead | undefined>,
    load: (head: ViewHead | undefined) => Promise<ListedPage>,
  ): Promise<ListedPage>
}

/** Keeps pages in a cache whose lifetime is STAY_PAGE_LIFETIME_MS. */
export function stayPages(cache: Cache): StayPages {
  return {
    async page(asked, readHead, load) {
      if (!cache.inUse()) return load(undefined)
      const key = digest(asked).toString('base64url')
      const reading = readHead()
      const tagged = reading.then((head) => digest(head?.rows))
      const { value, now } = await cache.get(key, tagged)
      if (value !== undefined) return unpack(value)
      const head = await reading
      const page = await load(head)
      if (head !== undefined) void cache.put(key, pack(page), now, await tagged)
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

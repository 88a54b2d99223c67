import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { sealer } from '@hotel/reservations/cache/sealed'
import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { Redis } from 'ioredis'
import { watch } from '../feeds/watching.ts'
import type { Suite } from '../harness/test-suite.ts'
import { folderWith, run } from '../transfer/transfer-runs.ts'

/**
 * The places of the suite where one of some words is: tables as `guests.change`, kinds of keys of Redis, answers of the
 * API about a hotel, files of an export. Which tables and columns there are is asked of the database.
 */
export async function placesOf(suite: Suite, hotel: string, words: readonly string[]): Promise<string[]> {
  const forms = words.flatMap((word) => [word, Buffer.from(word).toString('hex')])
  const holds = (text: string) => forms.some((form) => text.toLowerCase().includes(form.toLowerCase()))
  const places = await Promise.all([
    ...serviceNames.map((service) => tablesWith(suite, service, holds)),
    keysWith(suite, holds),
    answersWith(suite, hotel, holds),
    filesWith(suite, holds),
  ])
  return places.flat().sort()
}

type Holds = (text: string) => boolean

async function tablesWith(suite: Suite, service: ServiceName, holds: Holds): Promise<string[]> {
  const tables = await suite.sql<{ name: string }>(
    service,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema')`,
  )
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      // Binary columns are in hexadecimal digits.
      const rows = await suite.sql<{ row: string }>(service, `select to_jsonb(t)::text as row from ${name} t`)
      return rows.some(({ row }) => holds(row)) ? [name] : []
    }),
  )
  return found.flat().map((name) => (name.startsWith(service) ? name : `${service}: ${name}`))
}

/** What Redis holds is sealed: it is opened by the suite's own key. */
async function keysWith(suite: Suite, holds: Holds): Promise<string[]> {
  const redis = new Redis(suite.stack.redis?.url ?? '')
  const { open } = sealer(Buffer.from(suite.stack.pageTokenKey, 'base64'), 'hotel cache')
  try {
    const found = new Set<string>()
    for (const key of await redis.keys('*')) {
      const stored = (await redis.getBuffer(key)) ?? Buffer.alloc(0)
      const opened = open(stored, key) ?? Buffer.alloc(0)
      if (holds(key) || holds(stored.toString('latin1')) || holds(opened.toString('utf8')))
        found.add(`redis ${key.split(':')[1]}`)
    }
    return [...found]
  } finally {
    redis.disconnect()
  }
}

async function answersWith(suite: Suite, hotel: string, holds: Holds): Promise<string[]> {
  const found: string[] = []
  const look = (place: string, text: string) => {
    if (holds(text)) found.push(place)
  }
  for (const collection of ['guests', 'reservations'] as const) {
    const listed = await suite.rest('GET', `/${collection}?hotel=${hotel}&show_deleted=true&page_size=500`)
    look(`GET /${collection}`, listed.text)
    for (const { id } of listed.json[collection]) {
      look(`GET /${collection}/{id}`, (await suite.rest('GET', `/${collection}/${id}`)).text)
      look(`GET /${collection}/{id}/history`, (await suite.rest('GET', `/${collection}/${id}/history`)).text)
    }
    look(`GET /${collection}:watch`, JSON.stringify(await allChanges(suite, collection, hotel)))
  }
  look('GET /reservations/current_and_upcoming', (await suite.rest('GET', stays(hotel))).text)
  look('ListGuests', JSON.stringify(await suite.gateway.guests.listGuests({ hotel, show_deleted: true })))
  look('ListCurrentAndUpcoming', JSON.stringify(await suite.gateway.reservations.listCurrentAndUpcoming({ hotel })))
  return [...new Set(found)]
}

/** The list of stays that names guests. */
export const stays = (hotel: string) => `/reservations/current_and_upcoming?hotel=${hotel}`

/** All changes of a hotel that a watch from the beginning tells. */
export async function allChanges(suite: Suite, collection: 'guests' | 'reservations', hotel: string) {
  const [row] = await suite.sql<{ count: string }>(
    collection,
    'select count(*) from change where hotel_id = $1 and resource = $2',
    [hotel, collection.slice(0, -1)],
  )
  const changes = []
  if (Number(row?.count) === 0) return []
  for await (const answer of watch(suite, { collection, query: { hotel } })) {
    changes.push(...answer.changes)
    if (changes.length >= Number(row?.count)) break
  }
  return changes
}

async function filesWith(suite: Suite, holds: Holds): Promise<string[]> {
  await using folder = await folderWith({})
  const { code, output } = await run(suite, 'export', folder.path, 'files')
  if (code !== 0) throw new Error(output)
  const names = await readdir(path.join(folder.path, 'files'))
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder.path, 'files', name), 'utf8')))
  return names.filter((_, index) => holds(texts[index] ?? '')).map((name) => `export ${name}`)
}

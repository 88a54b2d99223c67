import { setTimeout as sleep } from 'node:timers/promises'
import { type Canary, calmMs } from '../clients/canary.ts'
import type { Watcher } from '../clients/watcher.ts'
import type { House } from './house.ts'

/** Feeds come through, and holds lapse, within this after all is quiet, when the machine has time for the suite. */
const SETTLE_MS = 60_000
/**
 * Every change reaches the watchers within this, once nothing else is missing. Shorter than the gateway's patience with a
 * silent stream: it ends that after a minute, the watcher begins a new one and reads what it was not woken for, so that
 * nothing would show.
 */
const TOLD_MS = 30_000
/** Also on a machine that has none it ends. */
const MOST_MS = 600_000

/**
 * Waits until nothing is under way any more: no hold is left to lapse, no deletion to be agreed to, the watchers were told all, and
 * the copies of guests and rooms are those of their owners. Says what is not so in the end. Time for which the machine had no
 * time does not count.
 */
export async function settle(house: House, watchers: readonly Watcher[], { stalls, now }: Canary): Promise<string[]> {
  const began = now()
  let othersUntil = began
  for (;;) {
    const others = await missingNow(house).catch((error: Error) => [error.message])
    const untold = others.length > 0 ? [] : await untoldNow(house, watchers).catch((error: Error) => [error.message])
    const missing = [...others, ...untold]
    if (missing.length === 0) return []
    const at = now()
    if (others.length > 0) othersUntil = at
    const isLate = calmMs(stalls, began, at) > SETTLE_MS || calmMs(stalls, othersUntil, at) > TOLD_MS
    if (isLate || at - began > MOST_MS) return missing
    await sleep(200)
  }
}

/** The watchers that were not told all that is in the feed. */
async function untoldNow(house: House, watchers: readonly Watcher[]): Promise<string[]> {
  const counts = await house.sql<{ hotel: string; n: number }>(
    'reservations',
    `select hotel_id as hotel, count(*)::int as n from change where resource = 'reservation' group by 1`,
  )
  return watchers.flatMap(({ watched: { watcher, hotel, told } }) => {
    const wanted = counts.find((each) => each.hotel === hotel)?.n ?? 0
    const distinct = new Set(told.map(({ id, version }) => `${id} ${version}`)).size
    return distinct < wanted ? [`${watcher} was told ${distinct} of ${wanted} changes`] : []
  })
}

/** What else is missing: what will still change by itself, and what the copies lack. */
async function missingNow(house: House): Promise<string[]> {
  const open = await openNow(house)
  if (open.length > 0) return open
  const late: string[] = []
  for (const [service, table, column] of [
    ['guests', 'guest', 'last_name'],
    ['rooms', 'room', 'number'],
  ] as const) {
    const read = (from: 'guests' | 'rooms' | 'reservations') =>
      house.sql<{ row: string }>(
        from,
        `select concat_ws(' ', id, ${column}, delete_time is null) as row from ${table} order by id`,
      )
    const [own, copy] = await Promise.all([read(service), read('reservations')])
    const copies = new Set(copy.map(({ row }) => row))
    const missing = own.filter(({ row }) => !copies.has(row)).length
    if (missing > 0) late.push(`reservations has not heard of the latest of ${missing} ${service}`)
  }
  return late
}

/** What will still change by itself. */
async function openNow(house: House): Promise<string[]> {
  const count = async (service: 'guests' | 'rooms' | 'reservations', rows: string) =>
    (await house.sql<{ n: number }>(service, `select count(*)::int as n from ${rows}`))[0]?.n ?? 0
  const [holds, guests, rooms] = await Promise.all([
    count('reservations', 'reservation where delete_time is null and hold_until is not null'),
    count('guests', 'guest where retiring_time is not null'),
    count('rooms', 'room where retiring_time is not null'),
  ])
  return [
    ...(holds > 0 ? [`${holds} holds do not lapse`] : []),
    ...(guests + rooms > 0 ? [`${guests + rooms} deletions do not come to an end`] : []),
  ]
}

import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { bookEachRoom, createSide } from '../data/calls.ts'
import { checkHistory, type SentCreates } from '../data/history.ts'
import { type Home, openHome } from '../data/home.ts'
import { bareScript, makePeerTables, nextOfPeer, peerVariables } from '../data/peer-tables.ts'
import type { Side } from '../frame/figure.ts'
import { pgbenchTimes } from '../load/pgbench.ts'
import type { Run } from '../run.ts'

const IN_FLIGHT = 128

/** What a create costs with few rows and with many in the view, and what a materialized view would cost, refreshed each time. */
export async function many(run: Run, home: Home): Promise<void> {
  await using few = await openHome({ ...run.sizes, arrivals: 0 })
  await bookEachRoom(few)
  await few.fill(run.sizes.few)
  await creates(run, few, home)
  await refreshes(run, few, home)
}

const among = (words: string, { reservations }: Home) => `${words}, ${reservations.toLocaleString('en')} rows`

async function creates(run: Run, few: Home, home: Home): Promise<void> {
  const sent = new Map<Home, SentCreates[]>([
    [few, []],
    [home, []],
  ])
  const sides = [home, few].map((each) => costSide(each, sent.get(each) ?? []))
  await run.figure({
    name: 'view-growth',
    title: `CreateReservation, ${IN_FLIGHT} in flight: the time a create takes, by the rows in the view`,
    unit: 'ms',
    durability: home.durability,
    rows: { reservations: home.reservations },
    sides,
    comparisons: [{ of: sides[0]?.name ?? '', to: sides[1]?.name ?? '', most: 1.2 }],
    check: async () => [
      ...(await checkHistory(few.adminUrl, sent.get(few) ?? [])),
      ...(await checkHistory(home.adminUrl, sent.get(home) ?? [])),
    ],
  })
}

function costSide(home: Home, sent: SentCreates[]): Side {
  const side = createSide(among('a create', home), home, IN_FLIGHT, sent)
  return {
    ...side,
    async round(seconds) {
      const round = await side.round(seconds)
      return { ...round, value: 1_000 / round.value }
    },
  }
}

const REFRESHED = 'an insert and REFRESH MATERIALIZED VIEW CONCURRENTLY'

async function refreshes(run: Run, few: Home, home: Home): Promise<void> {
  for (const each of [few, home]) await makeMaterializedView(each)
  await run.figure({
    name: 'view-refresh',
    title: 'The same by a materialized view that is refreshed after each insert',
    unit: 'ms',
    durability: home.durability,
    rows: { reservations: home.reservations },
    rounds: 3,
    warmUpSeconds: 0,
    sides: [home, few].map(refreshSide),
    comparisons: [{ of: among(REFRESHED, home), to: among(REFRESHED, few) }],
  })
}

async function makeMaterializedView({ adminUrl }: Home): Promise<void> {
  await makePeerTables(adminUrl, ['bare'])
  await administer(databaseUrl(adminUrl, 'reservations'), async (client) => {
    await client.query(`drop materialized view if exists peer.stays`)
    await client.query(`create materialized view peer.stays as
      select r.hotel_id, r.id, r.location_id, r.in_date, r.out_date, r.status, r.guest_id, g.first_name, g.last_name, r.rooms,
        m.number
      from peer.bare_reservation r
      join guest g on g.hotel_id = r.hotel_id and g.id = r.guest_id
      join room m on m.hotel_id = r.hotel_id and m.id = r.rooms[1]
      where r.delete_time is null and r.out_date >= current_date - 1`)
    await client.query('create unique index on peer.stays (hotel_id, id)')
    await client.query('analyze peer.stays')
  })
}

/** One after another: a second refresh would wait for the first. */
function refreshSide(home: Home): Side {
  const copied = home.take('new stay', 0)
  const script = `${bareScript(home.house)}refresh materialized view concurrently peer.stays;\n`
  return {
    name: among(REFRESHED, home),
    by: 'pgbench',
    inFlight: 1,
    processes: { postgres: [home.stack.postgres?.process.pid ?? 0] },
    async round() {
      const from = Math.max(copied, await nextOfPeer(home.adminUrl, 'bare'))
      const variables = { ...peerVariables(home.house, 1), from }
      const load = { url: databaseUrl(home.adminUrl, 'reservations'), script, clients: 1, variables }
      const round = await pgbenchTimes(load, 1)
      return { ...round, value: 1_000 / round.value }
    },
  }
}

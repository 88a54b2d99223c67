import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { transferScopes } from '@hotel/stack/identity/scopes'
import { nodeBinary } from '../../stack/setup/install.mjs'
import { run as execute } from '../../stack/setup/run.mjs'
import { checkState } from '../data/history.ts'
import { dayAfter, idOf } from '../data/house.ts'
import { type BenchSuite, startBenchSuite } from '../data/suite.ts'
import { constant, type Side } from '../frame/figure.ts'
import type { Run } from '../run.ts'

const OURS = 'npm run import'
/** A million on two cores that had other work too, one row at a time in batches of 500. */
const BEFORE = { name: 'the import before it was made in sets', perSecond: 1_556 }
const ROUNDS = 3
const ROOMS = 2_000
const OF_A_GUEST = 10
const NIGHTS = 2
const NIGHTS_APART = 3

/** An import of reservations, by files of their own in each round; their guests and rooms are there before. */
export async function alone(run: Run): Promise<void> {
  await using suite = await startBenchSuite({ gateway: false })
  const folder = path.join(suite.stack.dataDir, 'import')
  await mkdir(folder)
  const lines = Math.floor(run.sizes.imported / ROUNDS)
  const token = await suite.stack.issuer?.mint({
    subject: 'bench',
    scopes: transferScopes,
    hotels: ['*'],
    ttlSeconds: 86_400,
  })
  const guests = Math.ceil(run.sizes.imported / OF_A_GUEST)
  await write(path.join(folder, 'guests.csv'), 'id,first_name,last_name', guests, (n) => [
    idOf('guest', n),
    'Ada',
    `No ${n}`,
  ])
  await write(path.join(folder, 'rooms.csv'), 'id,number', ROOMS, (n) => [idOf('room', n), `R${n}`])
  for (const file of ['guests.csv', 'rooms.csv']) await importFile(suite, token ?? '', path.join(folder, file))

  let round = 0
  const ours: Side = {
    name: OURS,
    by: 'files of CSV',
    inFlight: 1,
    processes: {
      service: [suite.stack.services.reservations.instances[0]?.pid ?? 0],
      postgres: [suite.stack.postgres?.process.pid ?? 0],
    },
    async round() {
      const file = path.join(folder, `reservations-${round}.csv`)
      const first = round++ * lines
      await write(file, 'id,guest,room,in_date,out_date', lines, (n) => reservation(first + n, guests))
      return importFile(suite, token ?? '', file)
    },
  }
  await run.figure({
    name: 'import',
    title: `An import of ${lines.toLocaleString('en')} reservations`,
    unit: 'rows/s',
    durability: suite.durability,
    rows: { reservations: 0, guests, rooms: ROOMS },
    rounds: ROUNDS,
    warmUpSeconds: 0,
    sides: [ours, constant(BEFORE.name, BEFORE.perSecond)],
    comparisons: [{ of: OURS, to: BEFORE.name, must: 2 }],
    check: () => checkState(suite.adminUrl),
  })
}

function reservation(n: number, guests: number): string[] {
  const first = dayAfter(TODAY, Math.floor(n / ROOMS) * NIGHTS_APART)
  return [idOf('reservation', n), idOf('guest', n % guests), idOf('room', n % ROOMS), first, dayAfter(first, NIGHTS)]
}

const TODAY = new Date().toISOString().slice(0, 10)

async function write(file: string, header: string, lines: number, line: (n: number) => string[]): Promise<void> {
  const out = createWriteStream(file)
  out.write(`${header}\n`)
  for (let n = 0; n < lines; n++) if (!out.write(`${line(n).join(',')}\n`)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}

/** Throws unless each line of it is stored. The rate is the one that the import tells. */
async function importFile({ stack }: BenchSuite, token: string, file: string) {
  const { guests, rooms, reservations } = stack.addresses
  const { ok, output } = await execute(nodeBinary, ['transfer/import.ts', file], {
    env: {
      ...process.env,
      GUESTS_ADDRESS: guests[0],
      ROOMS_ADDRESS: rooms[0],
      RESERVATIONS_ADDRESS: reservations[0],
      HOTEL_TOKEN: token,
    },
  })
  const numbers = /: ([\d,]+) imported, 0 already there, 0 refused in ([\d.]+) s/.exec(output)
  if (!ok || numbers === null) throw new Error(`the import of ${file} did not store each line: ${output}`)
  const [count, seconds] = [Number(numbers[1]?.replaceAll(',', '')), Number(numbers[2])]
  return { value: count / seconds, calls: count }
}

import { clientScopes, transferScopes } from '@hotel/stack/identity/scopes'
import { fromCaller } from '@hotel/stack/run/command-line'
import { type Clients, createClients } from '@hotel/test/harness/clients'
import { Problem } from '../stack/setup/problem.mjs'
import { connect } from '../transfer/clients.ts'
import { commandLine } from '../transfer/command-line.ts'
import { readAddresses } from '../transfer/config.ts'
import { run } from '../transfer/run.ts'
import { stopSignals } from '../transfer/stop.ts'
import { tokenSource } from '../transfer/token.ts'
import { fill } from './fill.ts'
import { type DemoHotel, demoHotel, readDemoHotel } from './hotel-id.ts'
import { HOTEL_NAME } from './house.ts'
import { remove } from './remove.ts'

const HELP = `npm run demo -- [--remove] [--token-file FILE]: fills a running suite with a demo hotel, "${HOTEL_NAME}": 120 rooms of four
types at two locations, 2,000 guests, and a year of reservations around the day of the first run. A second run
changes nothing. --remove deletes the hotel.`

const OPTIONS = {
  remove: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const unknown = (argument: string) => `"${argument}" is not known: \`npm run demo -- --help\` lists the options.`

/** The hotel's own day: its house is in this zone. */
const ZONE = 'Europe/Zurich'

/** `npm run demo`: fills the demo's hotel, or removes it. Exit code 2: some rows were refused. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = commandLine(args, OPTIONS, (wrong) => unknown(/'(.+?)'/.exec(wrong)?.[1] ?? wrong))
  if (positionals[0] !== undefined) throw new Problem(unknown(positionals[0]))
  const { remove: isRemoval, help, 'token-file': tokenFile } = values
  if (help) {
    console.log(HELP)
    return 0
  }
  const who = { subject: 'demo', scopes: [...clientScopes, ...transferScopes] }
  const token = await tokenSource(tokenFile && fromCaller(tokenFile), process.env, who)
  const addresses = readAddresses()
  const transfer = await connect(addresses, token)
  const api = createClients(addresses, await token())
  using stop = stopSignals()
  try {
    const all = await demoHotels(api.clients)
    const live = all.filter(({ isLive }) => isLive)
    if (isRemoval) return await removeAll(api.clients, live, stop.asked)
    const hotel =
      live.at(-1) ?? demoHotel(Temporal.Now.plainDateISO(ZONE), Math.max(0, ...all.map(({ number }) => number)) + 1)
    console.log(`${HOTEL_NAME}, a year around ${hotel.today}:`)
    const { created, there, refused } = await fill(transfer.clients, hotel, stop.late, (words) => console.log(words))
    for (const words of refused) console.error(`Refused: ${words}`)
    console.log(`${created} created, ${there} already there, ${refused.length} refused. The hotel's id is ${hotel.id}.`)
    return refused.length === 0 ? 0 : 2
  } finally {
    transfer.close()
    api.close()
  }
}

async function removeAll(clients: Clients, hotels: readonly DemoHotel[], signal: AbortSignal): Promise<number> {
  for (const { id, today } of hotels) {
    console.log(`Removing ${HOTEL_NAME} of ${today}:`)
    await remove(clients, id, signal, (words) => console.log(words))
  }
  console.log(hotels.length === 0 ? `There is no ${HOTEL_NAME}.` : `${HOTEL_NAME} is removed.`)
  return 0
}

/** The hotels of the demo, also those that were removed, in the order of their making. */
async function demoHotels({ hotels }: Clients): Promise<(DemoHotel & { readonly isLive: boolean })[]> {
  const found: (DemoHotel & { readonly isLive: boolean })[] = []
  let page_token = ''
  do {
    const page = await hotels.listHotels({ show_deleted: true, page_size: 500, page_token })
    for (const { id, delete_time } of page.hotels) {
      const hotel = readDemoHotel(id)
      if (hotel !== undefined) found.push({ ...hotel, isLive: delete_time === undefined })
    }
    page_token = page.next_page_token
  } while (page_token !== '')
  return found.sort((a, b) => a.number - b.number)
}

run(main)

import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fromCaller } from '@hotel/stack/run/command-line'
import type { Page } from 'playwright-core'
import { Problem } from '../../stack/setup/problem.mjs'
import { run } from '../../transfer/run.ts'
import { visitSuite } from './browser.ts'

const HELP = `npm run pictures -- [--all FOLDER]: takes the pictures of the README, or one of every page in light, in dark and
on a phone into a folder. The suite must run and have the demo's hotel (npm run demo).`

/** What the README shows, each with what is done before and whether it is dark. */
const best: readonly (readonly [name: string, path: string, dark: boolean, ready: (page: Page) => Promise<unknown>])[] =
  [
    ['desk', '/console/desk', false, deskReady],
    ['overview', '/console/overview', true, plotsReady],
    ['refusal', '/console/desk', false, refusedReady],
  ]
const DOCS = path.join(import.meta.dirname, '..', '..', 'docs', 'pictures')
const DESKTOP = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 780 }

/** `npm run pictures`. */
async function main(args: readonly string[]): Promise<number> {
  const [option, folder, ...more] = args
  if (option === '--help' || option === '-h') {
    console.log(HELP)
    return 0
  }
  if (more.length > 0 || (option !== undefined && (option !== '--all' || folder === undefined)))
    throw new Problem(`"${args.join(' ')}" is not known: \`npm run pictures -- --help\` says what there is.`)
  const visit = await visitSuite()
  try {
    const location = await demoLocation(await visit.open(''))
    if (folder === undefined) for (const each of best) await takeBest(each)
    else await takeAll(fromCaller(folder))

    async function takeBest([name, address, dark, ready]: (typeof best)[number]) {
      const page = await visit.open(location, { viewport: DESKTOP, colorScheme: dark ? 'dark' : 'light' })
      await page.goto(visit.address + address)
      await ready(page)
      await page.screenshot({ path: path.join(DOCS, `${name}.png`), animations: 'disabled', caret: 'hide' })
      await page.context().close()
    }

    async function takeAll(into: string) {
      await mkdir(into, { recursive: true })
      for (const [kind, options] of Object.entries({
        light: { viewport: DESKTOP },
        dark: { viewport: DESKTOP, colorScheme: 'dark' },
        phone: { viewport: PHONE, hasTouch: true },
      } as const)) {
        const page = await visit.open(location, options)
        for (const [name, address, ready] of await everyPage(page)) {
          await page.goto(visit.address + address)
          await ready(page)
          await page.screenshot({ path: path.join(into, `${name}-${kind}.png`), animations: 'disabled' })
        }
        await page.context().close()
      }
    }
  } finally {
    await visit.browser.close()
  }
  return 0
}

/** The id of the demo's first location. */
async function demoLocation(page: Page): Promise<string> {
  const found = await read<{ locations: { id: string; name: string }[] }>(page, '/locations?page_size=500')
  const location = found.locations.find(({ name }) => name === 'Seefeld')
  if (location === undefined) throw new Problem('There is no hotel of the demo: `npm run demo` makes it.')
  await page.context().close()
  return location.id
}

/** Calls the API as the page does. */
function read<T>(page: Page, address: string): Promise<T> {
  return page.evaluate(`fetch(${JSON.stringify(address)}, { headers: {
    accept: 'application/json', authorization: 'Bearer ' + sessionStorage.getItem('hotel.token') } }).then((a) => a.json())`)
}

type Look = readonly [name: string, address: string, ready: (page: Page) => Promise<unknown>]

/** All pages that there are, with something to see on each. */
async function everyPage(page: Page): Promise<readonly Look[]> {
  const one = async (list: string) => {
    const answer = await read<Record<string, { id: string }[]>>(page, `/${list}?page_size=1`)
    return `/${list}/${answer[list]?.[0]?.id}`
  }
  const lists = ['reservations', 'guests', 'rooms', 'room_types', 'room_blocks', 'locations', 'hotels', 'employees']
  const today = new Date().toISOString().slice(0, 10)
  const dates = `in_date=${today}&out_date=${new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)}`
  return [
    ['start', '/', (at) => at.getByRole('heading').first().waitFor()],
    ['desk', '/console/desk', deskReady],
    [
      'desk-stay',
      '/console/desk',
      async (at) => [await deskReady(at), await at.locator('.bar').nth(40).click(), await settle(at)],
    ],
    [
      'desk-booking',
      '/console/desk',
      async (at) => [
        await deskReady(at),
        await at.getByRole('button', { name: 'New reservation' }).click(),
        await settle(at),
      ],
    ],
    ['overview', '/console/overview', plotsReady],
    ...lists.map((list): Look => [`list-${list}`, `/${list}`, rowsReady]),
    [
      'list-filters',
      '/reservations?status=PENDING',
      async (at) => [await rowsReady(at), await at.getByRole('button', { name: 'Filters' }).click(), await settle(at)],
    ],
    ['list-in-house', '/reservations/in_house', rowsReady],
    ['list-current', '/reservations/current_and_upcoming', rowsReady],
    ['list-empty', '/guests?query=nobodyhasthis', settle],
    ['free-rooms', `/room_availability?${dates}`, rowsReady],
    ['free-types', `/room_type_availability?${dates}`, rowsReady],
    ['one-reservation', await one('reservations'), historyReady],
    ['one-guest', await one('guests'), historyReady],
    ['one-room', await one('rooms'), historyReady],
    ['one-location', await one('locations'), settle],
    ['form', '/reservations?create=true', settle],
    ['refused', '/console/desk', refusedReady],
    ['docs', '/docs', (at) => at.getByRole('heading', { name: 'Hotel reservations' }).waitFor()],
    ['not-found', '/nowhere', settle],
    ['sign-in', '/guests', async (at) => [await rowsReady(at), await signOut(at)]],
  ]
}

/** Waits for what the page says, without a script in it, which its policy refuses. */
async function until(page: Page, expression: string): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await page.evaluate(expression))) {
    if (Date.now() > deadline) throw new Error(`${page.url()} never had ${expression}`)
    await page.waitForTimeout(50)
  }
}

async function settle(page: Page): Promise<void> {
  await until(page, "!document.querySelector('.mantine-Loader-root, [data-loading]')")
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
}

async function signOut(page: Page): Promise<void> {
  const token = await page.evaluate("sessionStorage.getItem('hotel.token')")
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Token', { exact: true }).waitFor()
  await page.evaluate(`sessionStorage.setItem('hotel.token', ${JSON.stringify(token)})`)
}

async function deskReady(page: Page): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('.bar').nth(50).waitFor()
  await until(page, "!document.querySelector('.chart').textContent.includes('…')")
}

async function plotsReady(page: Page): Promise<void> {
  await page.getByText('As a table').nth(3).waitFor()
}

async function rowsReady(page: Page): Promise<void> {
  await page.getByRole('row').nth(1).waitFor()
  await until(page, "!document.querySelector('main').textContent.includes('…')")
}

async function historyReady(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'History' }).waitFor()
  await settle(page)
}
/** A room that is taken, refused with what is free instead. */
async function refusedReady(page: Page): Promise<void> {
  await deskReady(page)
  const location = await page.evaluate("localStorage.getItem('hotel.location')")
  const inHouse = `/reservations/in_house?page_size=200&location=${location}`
  const { reservations } = await read<{ reservations: { room_numbers: string[]; out_date: string }[] }>(page, inHouse)
  const stay = reservations.sort((one, other) => other.out_date.localeCompare(one.out_date))[0]
  await page.getByRole('button', { name: 'New reservation' }).click()
  const form = page.getByRole('dialog')
  const first = page.locator('[data-combobox-option]:visible').first()
  await form.getByRole('combobox', { name: 'Guest' }).click()
  await first.click()
  await form.getByText('A room', { exact: true }).click()
  const room = form.getByRole('combobox', { name: 'Room', exact: true })
  await room.click()
  await room.fill(stay?.room_numbers[0] ?? '')
  await page
    .locator('[data-combobox-option]:visible', { hasText: stay?.room_numbers[0] ?? '' })
    .first()
    .click()
  await form.getByRole('button', { name: 'Book' }).click()
  await form.locator('.refusal').getByRole('button').first().waitFor()
  await settle(page)
}

run(main)

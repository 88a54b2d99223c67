import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { describeInChromium } from '../support/chromium.ts'
import { day } from '../support/hotel.ts'
import { type Console, openConsole } from './in-browser/browser.ts'
import { type FullHotel, newGuest, newHouse, reserve } from './in-browser/house.ts'
import { largeChartTests } from './in-browser/large-chart.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

describeInChromium('the console for everyone, in a browser', () => {
  let suite: Suite
  let console: Console
  let house: FullHotel
  let axe: string
  let guest: string
  beforeAll(async () => {
    axe = await readFile(AXE, 'utf8')
    suite = await sharedSuite({ requestsPerSecond: 10_000, statusChangesPerMinute: 10_000 })
    console = await openConsole(suite)
    house = await newHouse(suite, 12)
    guest = await newGuest(suite, 'Niklaus', 'Wirth')
    await Promise.all(house.rooms.slice(0, 9).map((room, at) => reserve(suite, guest, room, at % 3, (at % 3) + 2)))
    await suite.blocks.createRoomBlock({
      room: house.rooms[10] ?? '',
      in_date: day(0),
      out_date: day(4),
      reason: 'Painting',
    })
    const hold_until = new Date(Date.now() + 3_600_000)
    await suite.reservations.createReservation({
      guest,
      room: house.rooms[9] ?? '',
      in_date: day(0),
      out_date: day(2),
      hold_until,
    })
  }, 300_000)
  afterAll(async () => {
    await console?.[Symbol.asyncDispose]()
    await suite?.[Symbol.asyncDispose]()
  })

  /** Goes to the page of the first in a list, and opens what is folded there. */
  async function openFirst(page: Page): Promise<void> {
    await page.getByRole('row').nth(1).getByRole('link').first().click()
    await page.getByText('created it').waitFor()
    for (const name of ['As a call', 'Raw JSON']) await page.getByRole('button', { name }).click()
  }

  /** Forgets the token, until the dialog asks for one. */
  async function signOut(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('dialog').getByLabel('Token').waitFor()
  }

  /** What axe finds against WCAG 2.2 AA, each rule with the elements. */
  async function violations(page: Page): Promise<string[]> {
    // By the browser itself, past the page's policy, which refuses scripts from elsewhere.
    await page.evaluate(axe)
    const found = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`)) as {
      violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
    }
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
    )
  }

  const places: [string, string, (page: Page) => Promise<unknown>][] = [
    ['the start', '/', (page) => page.getByRole('heading').first().waitFor()],
    ['a list', '/reservations', (page) => page.getByRole('row').nth(1).waitFor()],
    ['filters', '/reservations', (page) => page.getByRole('button', { name: 'Filters' }).click()],
    ['a form', '/reservations?create=true', (page) => page.getByRole('dialog').getByLabel('First day').waitFor()],
    ['the desk', '/console/desk', (page) => page.locator('.bar', { hasText: 'Wirth' }).first().waitFor()],
    ['a stay', '/console/desk', (page) => page.locator('.bar', { hasText: 'Wirth' }).first().click()],
    ['a booking', '/console/desk', (page) => page.getByRole('button', { name: 'New reservation' }).click()],
    ['the overview', '/console/overview', (page) => page.getByText('As a table').nth(3).waitFor()],
    ['one of a list', '/rooms', openFirst],
    ['the sign-in', '/guests', signOut],
  ]
  const open = (path: string, more: object) => console.visit({ path, location: house.location, ...more })

  test.each(places)('%s fits WCAG 2.2 AA in light and in dark', async (_name, path, ready) => {
    await using visitor = await open(path, {})
    await ready(visitor.page)
    const light = await violations(visitor.page)
    await visitor.page.emulateMedia({ colorScheme: 'dark' })
    await visitor.page.locator('[data-mantine-color-scheme="dark"]').waitFor()
    expect([...light, ...(await violations(visitor.page))]).toEqual([])
    expect(visitor.wrong).toEqual([])
  })

  test.each(places)('%s stands still for people who ask for less motion', async (_name, path, ready) => {
    await using visitor = await open(path, {})
    await ready(visitor.page)
    const moving = `[...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element)
      return /[1-9]/.test(transitionDuration + animationDuration)
    }).map(({ className }) => String(className))`
    expect(await visitor.page.evaluate(moving)).toEqual([])
  })

  test.each(places)(
    '%s fits a phone: nothing is beside the screen, and it fits WCAG 2.2 AA',
    async (_name, path, ready) => {
      await using visitor = await open(path, { phone: true })
      await ready(visitor.page)
      const [wide, seen] = (await visitor.page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [
        number,
        number,
      ]
      expect(wide).toBeLessThanOrEqual(seen)
      expect(await violations(visitor.page)).toEqual([])
      expect(visitor.wrong).toEqual([])
    },
  )

  // The other part of this page is made by Scalar.
  test('the methods of gRPC on the page of the API fit a phone, and WCAG 2.2 AA', async () => {
    await using visitor = await open('/docs', { phone: true })
    const { page } = visitor
    await page.locator('nav a[data-part=grpc]').click()
    await page.locator('#methods details').first().click()
    await page.locator('#methods pre').first().waitFor()
    const [wide, seen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number]
    expect(wide).toBeLessThanOrEqual(seen)
    expect(await violations(page)).toEqual([])
    expect(visitor.wrong).toEqual([])
  })

  test('on a phone the menu opens, and goes to another page', async () => {
    await using visitor = await open('/', { phone: true })
    const { page } = visitor
    await page.getByRole('button', { name: 'Menu' }).tap()
    await page.getByRole('navigation').getByRole('link', { name: 'Guests' }).tap()
    await page.getByRole('heading', { name: 'Guests' }).waitFor()
  })

  test.each(['en-GB', 'de-CH', 'ja-JP'])('dates are in the language of the browser: %s', async (locale) => {
    await using visitor = await open('/reservations', { locale })
    const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
    await visitor.page
      .getByText(date.format(new Date(`${day(0)}T00:00:00Z`)))
      .first()
      .waitFor()
  })

  largeChartTests(() => ({ suite, console }))
})

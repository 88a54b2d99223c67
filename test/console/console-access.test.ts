import { consoleLink } from '@hotel/stack/identity/console-link'
import { makeCode } from '@hotel/stack/identity/sign-in-codes'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { describeInChromium } from '../support/chromium.ts'
import { day, eventually } from '../support/hotel.ts'
import { type Console, openConsole } from './in-browser/browser.ts'
import { fillIn } from './in-browser/desk.ts'
import { type FullHotel, newGuest, newHouse } from './in-browser/house.ts'
import { type OidcIssuer, startOidcIssuer } from './in-browser/issuer.ts'
import { overviewTests } from './in-browser/overview.ts'

const SCRIPT = '<script>document.title = "taken"</script><img src=x onerror="document.title = 1">'

describeInChromium('who may do what at the console, and what it counts, in a browser', () => {
  let issuer: OidcIssuer
  let suite: Suite
  let console: Console
  let house: FullHotel
  beforeAll(async () => {
    issuer = await startOidcIssuer(() => suite.testerToken)
    const consoleOidc = { CONSOLE_OIDC_ISSUER: issuer.issuer, CONSOLE_OIDC_CLIENT_ID: 'console' }
    suite = await sharedSuite({ requestsPerSecond: 10_000, statusChangesPerMinute: 10_000, consoleOidc })
    console = await openConsole(suite)
    house = await newHouse(suite, 2)
  }, 300_000)
  afterAll(async () => {
    await console?.[Symbol.asyncDispose]()
    await suite?.[Symbol.asyncDispose]()
    await issuer?.[Symbol.asyncDispose]()
  })

  test('a visitor without a token is asked for one, a bad one is refused, and a good one opens the page that was asked for', async () => {
    await using visitor = await console.visit({ token: undefined, path: '/guests' })
    const { page } = visitor
    await page.getByLabel('Token', { exact: true }).fill('nonsense')
    await page.getByRole('button', { name: 'Sign in with the token' }).click()
    await page.getByText('This is not a token').waitFor()
    await page.getByLabel('Token', { exact: true }).fill(suite.testerToken)
    await page.getByRole('button', { name: 'Sign in with the token' }).click()
    await page.getByRole('heading', { name: 'Guests' }).waitFor()
    expect(page.url()).toBe(`${console.address}/guests`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token', { exact: true }).waitFor()
    expect(await page.evaluate('sessionStorage.getItem("hotel.token")')).toBeNull()
    expect(visitor.wrong).toEqual([])
  })

  test("a developer's link signs in by one click and once; neither code nor token is in an address, a referrer or a log", async () => {
    const link = await consoleLink(suite.stack.dataDir, suite.gateway.address)
    const code = new URL(link).hash.slice('#code='.length)
    await using visitor = await console.visit({ token: undefined, path: link.slice(console.address.length) })
    const { page, context, asked } = visitor
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    const token = String(await page.evaluate("sessionStorage.getItem('hotel.token')"))
    expect((await suite.rest('GET', '/hotels', { token })).status).toBe(200)
    expect(page.url()).toBe(`${console.address}/console/sign-in`)
    await page.getByRole('link', { name: 'Rooms', exact: true }).first().click()
    await page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor()
    const session = await context.newCDPSession(page)
    const { entries } = await session.send('Page.getNavigationHistory')
    const headers = await Promise.all(asked.map((request) => request.allHeaders()))
    const kept = JSON.stringify([
      entries.map(({ url }) => url),
      asked.map((request) => request.url()),
      headers.map(({ referer }) => referer),
      await page.evaluate('[document.referrer, document.cookie, JSON.stringify(localStorage)]'),
    ])
    expect(asked.filter((request) => request.url().endsWith('/console/session'))).toHaveLength(1)
    await eventually(async () => expect(suite.lines.some((line) => line.includes('/console/session'))).toBe(true))
    for (const secret of [code, token]) {
      expect(secret.length).toBeGreaterThan(40)
      expect(kept).not.toContain(secret)
      expect(suite.lines.join('\n')).not.toContain(secret)
    }
    expect(visitor.wrong).toEqual([])

    const old = await makeCode(suite.stack.issuer?.folder ?? '', Date.now() - 10 * 60_000)
    for (const useless of [code, old]) {
      await using late = await console.visit({ token: undefined, path: `/console/sign-in#code=${useless}` })
      await late.page.getByText('The link did not sign you in').waitFor()
      expect(await late.page.evaluate("sessionStorage.getItem('hotel.token')")).toBeNull()
    }
  })

  test('refusals of the policy are counted: a script in the page does not run', async () => {
    await using visitor = await console.visit({ path: '/guests' })
    const { page } = visitor
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'document.title = "taken"'
      document.body.append(script)
    }`)
    await eventually(async () => expect(visitor.wrong).toEqual([expect.stringMatching(/^CSP script-src/)]))
    expect(await page.title()).not.toBe('taken')
  })

  test('by OpenID Connect, in a window of its own, the page that was asked for opens', async () => {
    await newGuest(suite, 'Dennis', 'Ritchie')
    await using visitor = await console.visit({ token: undefined, path: '/guests' })
    const { page } = visitor
    await page.getByRole('button', { name: 'Sign in with your account' }).click()
    await page.getByRole('heading', { name: 'Guests' }).waitFor()
    await page.getByText('on this page').waitFor()
    expect(visitor.wrong).toEqual([])
  })

  test('a token that expires while a form is filled in: after a sign-in over the page the booking goes on', async () => {
    await newGuest(suite, 'Hedy', 'Lamarr')
    const brief = await suite.token({ ttlSeconds: 20 })
    await using visitor = await console.visit({ location: house.location, token: brief })
    const { page } = visitor
    await fillIn(page, { guest: 'Hedy', from: day(0), to: day(1), pick: ['Room', '101'] })
    await eventually(
      async () => expect((await suite.rest('GET', '/hotels', { token: brief })).status).toBe(401),
      60_000,
    )
    // The change feed has the new room already; a page that has not read it learns of it by the booking.
    const asked = page.getByText('Your sign-in is no longer accepted.')
    if (!(await asked.isVisible())) await page.getByRole('button', { name: 'Book', exact: true }).click()
    await asked.waitFor()
    await page.getByLabel('Token', { exact: true }).fill(suite.testerToken)
    await page.getByRole('button', { name: 'Sign in with the token' }).click()
    await asked.waitFor({ state: 'detached' })
    const book = page.getByRole('button', { name: 'Book', exact: true })
    if (await book.isVisible()) await book.click()
    await page.locator('.bar', { hasText: 'Hedy Lamarr' }).waitFor()
    expect(visitor.wrong).toEqual([])
  }, 180_000)

  test('a reader is offered nothing that changes anything, and other resources not at all', async () => {
    const token = await suite.token({ scopes: ['reservations.read', 'rooms.read'] })
    await using visitor = await console.visit({ location: house.location, token })
    const { page } = visitor
    await page.locator('.bar', { hasText: 'Hedy Lamarr' }).waitFor()
    await page
      .getByRole('button', { name: /Hedy Lamarr/ })
      .first()
      .waitFor()
    for (const name of ['New reservation', /Check in/, /Check out/])
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Guests' }).count()).toBe(0)
    await page.locator('.bar', { hasText: 'Hedy Lamarr' }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'All details' }).click()
    await page.getByRole('heading', { name: 'History' }).waitFor()
    for (const name of ['Change', 'Cancel it', 'Delete'])
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
    expect(visitor.wrong).toEqual([])
  })

  test('a script as the name of a guest and in a note is text, wherever it is shown', async () => {
    const guest = await newGuest(suite, SCRIPT, 'Bobby')
    const made = await suite.reservations.createReservation({
      guest,
      room: house.rooms[1] ?? '',
      in_date: day(0),
      out_date: day(1),
      note: SCRIPT,
    })
    await using visitor = await console.visit({ location: house.location })
    const { page } = visitor
    const titles = [await page.title()]
    await page.locator('.bar', { hasText: SCRIPT }).click()
    expect(await page.getByLabel('Note').inputValue()).toBe(SCRIPT)
    for (const path of [
      '/guests',
      `/guests/${guest}`,
      `/reservations/${made.id}`,
      '/reservations/current_and_upcoming',
    ]) {
      await page.goto(console.address + path)
      await page.getByText(SCRIPT).first().waitFor()
      titles.push(await page.title())
    }
    expect(await page.locator('img').count()).toBe(0)
    expect(titles.every((title) => title.endsWith('Hotel console'))).toBe(true)
    expect(visitor.wrong).toEqual([])
  })

  overviewTests(() => ({ suite, console }))
})

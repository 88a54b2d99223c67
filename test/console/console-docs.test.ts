import { readApi } from '@hotel/gateway/api'
import { grpcMethods } from '@hotel/gateway/console/grpc-methods'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Browser, chromium, type Page } from 'playwright-core'
import { readDescriptors } from '../gateway/fixtures.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { chromiumPath, describeInChromium } from '../support/chromium.ts'

const api = readApi(await readDescriptors())
let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ requestsPerSecond: 100 })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('every method of the protos is listed, with a request that its service reads', async () => {
  const { json } = await suite.rest('GET', '/console/grpc.json', { token: undefined })
  expect(json).toEqual(JSON.parse(JSON.stringify(grpcMethods(api))))
  for (const { method, summary, scope, kind } of json) {
    expect([method, summary.length > 5, /^\w+\.(read|write)$/.test(scope)]).toEqual([method, true, true])
    expect(['read', 'write', 'stream']).toContain(kind)
  }
})

test('the documents of the repository are served as they are written', async () => {
  const names = (await suite.rest('GET', '/console/docs/index.json', { token: undefined })).json as string[]
  expect(names).toEqual(expect.arrayContaining(['README.md', 'booking.md', 'console.md']))
  for (const name of names) {
    const { status, headers, text } = await suite.rest('GET', `/console/docs/${name}`, { token: undefined })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
    expect(text).toMatch(/^# /)
  }
})

describeInChromium('the page of the API in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())

  /** Opens the page, signed in or not; notes what the policy refuses, what fails, and what is asked of elsewhere. */
  async function open(token?: string): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage()
    const wrong: string[] = []
    page.on('pageerror', (error) => wrong.push(error.message))
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    page.on('request', (request) => {
      const { host, protocol } = new URL(request.url())
      if (protocol.startsWith('http') && host !== suite.gateway.address) wrong.push(`elsewhere: ${request.url()}`)
    })
    const keep = token === undefined ? '' : `sessionStorage.setItem('hotel.token', ${JSON.stringify(token)});`
    const report = `addEventListener('securitypolicyviolation', (event) => console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI))`
    await page.addInitScript({ content: keep + report })
    await page.goto(`http://${suite.gateway.address}/docs`)
    await page.getByText('Hotel reservations').first().waitFor({ timeout: 60_000 })
    return { page, wrong }
  }

  test('shows the reference and asks nobody else, without a violation of its policy', async () => {
    const { page, wrong } = await open(suite.testerToken)
    await page.getByText('GuestService').first().waitFor()
    expect(await page.locator('#notice').isHidden()).toBe(true)
    expect(wrong).toEqual([])
    await page.close()
  })

  test('sends a call that is tried there with the token of the tab', async () => {
    const { page, wrong } = await open(suite.testerToken)
    await page.goto(`http://${suite.gateway.address}/docs#tag/hotelservice/GET/hotels`)
    await page
      .getByRole('button', { name: /Test Request.*get \/hotels\)?$/i })
      .first()
      .click({ timeout: 60_000 })
    const answered = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/hotels')
    await page.getByRole('button', { name: /^Send/ }).first().click()
    expect((await answered).status()).toBe(200)
    expect((await answered).request().headers().authorization).toBe(`Bearer ${suite.testerToken}`)
    expect(wrong).toEqual([])
    await page.close()
  })

  test('lists the methods of gRPC with their lines, and finds among them', async () => {
    const { page, wrong } = await open()
    expect(await page.locator('#notice').textContent()).toContain('not signed in')
    await page.click('nav a[data-part=grpc]')
    expect(await page.locator('#methods details').count()).toBe(api.methods.length)
    await page.fill('#find', 'swaprooms')
    await page.locator('#methods summary').first().click()
    const line = await page.locator('#methods pre').first().textContent()
    expect(line).toMatch(
      /^grpcurl -plaintext -H "authorization: Bearer \$token" -d '\{.*\}' 127\.0\.0\.1:\d+ hotel\.reservations\.v1\.ReservationService\/SwapRooms$/,
    )
    expect(wrong).toEqual([])
    await page.close()
  })
})

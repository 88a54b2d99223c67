import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { describeInChromium } from '../support/chromium.ts'
import { day } from '../support/hotel.ts'
import { type Console, openConsole, type VisitOptions } from './in-browser/browser.ts'
import { choose } from './in-browser/desk.ts'
import { type FullHotel, newGuest, newHouse, reserve } from './in-browser/house.ts'
import { pagesTests } from './in-browser/pages.ts'

describeInChromium('the pages of the resources, in a browser', () => {
  let suite: Suite
  let console: Console
  let house: FullHotel
  let swift: string
  beforeAll(async () => {
    suite = await sharedSuite({ requestsPerSecond: 1, statusChangesPerMinute: 10_000 })
    console = await openConsole(suite)
    house = await newHouse(suite, 3)
    swift = await suite.token({ tier: 'internal' })
  }, 300_000)
  afterAll(async () => {
    await console?.[Symbol.asyncDispose]()
    await suite?.[Symbol.asyncDispose]()
  })
  const visit = (path: string, more: VisitOptions = {}) =>
    console.visit({ path, token: swift, location: house.location, ...more })

  test('every resource that the document lists has a page with its rows, its filters and its calls', async () => {
    const guest = await newGuest(suite, 'Radia', 'Perlman')
    await reserve(suite, guest, house.rooms[0], 0, 2)
    await suite.blocks.createRoomBlock({
      room: house.rooms[1] ?? '',
      in_date: day(3),
      out_date: day(4),
      reason: 'Painting',
    })
    await using visitor = await visit('/')
    const { page } = visitor
    const document = (await (await fetch(`http://${suite.gateway.address}/openapi.json`)).json()) as {
      paths: Record<string, { get?: { parameters: { name?: string; in?: string }[] } }>
    }
    for (const [name, path] of [
      ['Guests', '/guests'],
      ['Rooms', '/rooms'],
      ['Locations', '/locations'],
      ['Room types', '/room_types'],
      ['Reservations', '/reservations'],
      ['Room blocks', '/room_blocks'],
      ['Hotels', '/hotels'],
    ] as const) {
      await page.getByRole('link', { name, exact: true }).first().click()
      await page.getByRole('heading', { name, exact: true }).waitFor()
      await page.getByRole('row').nth(1).waitFor()
      const filters = document.paths[path]?.get?.parameters.filter(
        (each) =>
          each.in === 'query' && !['page_size', 'page_token', 'query', 'show_deleted'].includes(each.name ?? ''),
      )
      if ((filters?.length ?? 0) > 0) {
        await page.getByRole('button', { name: 'Filters' }).click()
        expect(await page.locator('.filters label').count()).toBe(filters?.length)
      }
    }
    expect(visitor.wrong).toEqual([])
  })

  test('guests are searched, paged by token, and the deleted shown on demand', async () => {
    const mark = crypto.randomUUID().slice(0, 8)
    const made = await Promise.all(Array.from({ length: 53 }, (_, at) => newGuest(suite, `${mark}x${at}`, 'Page')))
    await suite.guests.deleteGuest({ id: made[0] ?? '' })
    await using visitor = await visit('/guests')
    const { page } = visitor
    await page.getByRole('searchbox').fill(mark)
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('50 on this page').waitFor()
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByText('2 on this page').waitFor()
    await page.getByRole('checkbox', { name: 'Show deleted' }).check()
    await page.getByText('50 on this page').waitFor()
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByText('3 on this page').waitFor()
    expect(new URL(page.url()).searchParams.get('query')).toBe(mark)
  })

  test('a form shows what is wrong at its fields, creates, and the page shows the history', async () => {
    await using visitor = await visit('/guests')
    const { page } = visitor
    await page.getByRole('button', { name: 'New guest' }).click()
    await page.getByLabel('First name').fill('Katherine')
    await page.getByLabel('E-mail').fill('nonsense')
    await page.getByRole('button', { name: 'Create' }).click()
    const email = page.getByLabel('E-mail')
    await page.getByText('is not an e-mail address').waitFor()
    expect(await email.getAttribute('aria-invalid')).toBe('true')
    await email.fill('katherine@example.org')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'Katherine' }).waitFor()
    await page.getByText('created it').waitFor()
    await page.getByRole('button', { name: 'As a call' }).click()
    expect(await page.getByLabel('grpcurl', { exact: true }).textContent()).toMatch(
      /^grpcurl -plaintext .* hotel\.guests\.v1\.GuestService\/GetGuest$/,
    )
    expect(await page.getByLabel('curl', { exact: true }).textContent()).toMatch(
      /^curl -H "authorization: Bearer \$token" 'http:.*\/guests\//,
    )
    expect(visitor.wrong).toEqual([])
  })

  test('a field that the API gets later appears in the form by itself', async () => {
    await using visitor = await console.visit({ path: '/', token: swift })
    const { page } = visitor
    await page.route('**/openapi.json', async (route) => {
      const answer = await route.fetch()
      const document = await answer.json()
      document.components.schemas.CreateGuestRequest.properties.favourite_colour = {
        type: 'string',
        enum: ['RED', 'GREEN'],
      }
      await route.fulfill({ response: answer, json: document })
    })
    await page.goto(`${console.address}/guests?create=true`)
    await page.getByLabel('Favourite colour').selectOption({ label: 'Green' })
  })

  test('a reservation in the way is refused with alternatives, and one of them is booked from the form', async () => {
    await using visitor = await visit('/reservations?create=true')
    const { page } = visitor
    const form = page.getByRole('dialog')
    await choose(page, form.getByRole('combobox', { name: 'Guest' }), 'Radia')
    await form.getByLabel('First day').fill(day(0))
    await form.getByLabel('Last day').fill(day(1))
    await choose(page, form.getByRole('combobox', { name: 'Rooms' }), '101')
    await page.keyboard.press('Tab')
    await form.getByRole('button', { name: 'Create' }).click()
    await form.locator('.refusal').getByRole('button').first().click()
    await page.getByRole('heading', { name: 'History' }).waitFor()
    expect(visitor.wrong).toEqual([])
  })

  test('a user chooses for each field that another user has changed meanwhile', async () => {
    const guest = await newGuest(suite, 'Barbara', 'Liskov')
    await using visitor = await visit(`/guests/${guest}`)
    const { page } = visitor
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('First name').fill('Barbara Jane')
    await page.getByLabel('Last name').fill('Huberman')
    await suite.guests.updateGuest({ id: guest, first_name: 'B.', email: 'b@example.org' })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Somebody else has changed this in the meantime').waitFor()
    await page
      .getByRole('radiogroup', { name: 'First name' })
      .getByLabel(/As it was/)
      .check()
    await page.getByRole('button', { name: 'Save the choice' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await suite.guests.getGuest({ id: guest })).toMatchObject({
      first_name: 'Barbara',
      last_name: 'Huberman',
      email: 'b@example.org',
    })
    expect(visitor.wrong).toEqual([])
  })

  test('over the rate limit a countdown runs, and it goes on by itself', async () => {
    const token = await suite.token({ subject: 'slow' })
    // Somebody else with the same token: a page that loads slowly may stay within the limit.
    const other = new AbortController()
    const takeAll = async () => {
      while (!other.signal.aborted) await suite.rest('GET', '/hotels', { token })
    }
    const taking = takeAll()
    await using visitor = await visit('/guests', { token })
    const { page } = visitor
    await page.getByText(/Too many requests. It continues by itself in \d+ s/).waitFor()
    other.abort()
    await taking
    await page.getByRole('row').nth(1).waitFor()
    await page.getByText('Too many requests').waitFor({ state: 'detached' })
  })

  pagesTests(() => ({ suite, house, token: swift, visit }))
})

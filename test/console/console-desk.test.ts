import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { describeInChromium } from '../support/chromium.ts'
import { day, eventually } from '../support/hotel.ts'
import { type Console, openConsole, type Visitor } from './in-browser/browser.ts'
import { book } from './in-browser/desk.ts'
import { deskDatesTests } from './in-browser/desk-dates.ts'
import { editsTests } from './in-browser/edits.ts'
import { type FullHotel, newGuest, newHouse, reserve } from './in-browser/house.ts'
import { togetherTests } from './in-browser/together.ts'

const NIGHT_PX = 44
const ROW_PX = 30

describeInChromium('a day at the desk, in a browser', () => {
  let all: { suite: Suite; console: Console }
  let suite: Suite
  let console: Console
  let house: FullHotel
  let desk: Visitor
  let page: Page
  beforeAll(async () => {
    suite = await sharedSuite({ requestsPerSecond: 10_000, statusChangesPerMinute: 10_000 })
    console = await openConsole(suite)
    all = { suite, console }
    house = await newHouse(suite, 3)
    await newGuest(suite, 'Grace', 'Hopper')
    desk = await console.visit({ location: house.location })
    page = desk.page
  }, 300_000)
  afterAll(async () => {
    await console?.[Symbol.asyncDispose]()
    await suite?.[Symbol.asyncDispose]()
  })

  const bars = (name: string) => page.locator('.bar', { hasText: name })
  const listed = async () =>
    (await suite.reservations.listReservations({ location: house.location, order_by: 'in_date' })).reservations
  const said = (text: string | RegExp) => page.getByRole('alert').filter({ hasText: text }).first().waitFor()
  const read = (id: string) => suite.reservations.getReservation({ id })

  test('a room is booked by its type', async () => {
    await book(page, { guest: 'Grace', from: day(0), to: day(3), pick: ['Room type', 'Double'] })
    await said('Booked:')
    await bars('Grace Hopper').waitFor()
    const [made] = await listed()
    expect(made).toMatchObject({ in_date: day(0), out_date: day(3), status: Reservation_Status.PENDING })
  })

  test('a room that is taken is refused with what is free, and a click books that', async () => {
    const [first] = await listed()
    const number = String(101 + house.rooms.indexOf(first?.rooms[0] ?? ''))
    await book(page, { guest: 'Grace', from: day(1), to: day(2), pick: ['Room', number] })
    const refusal = page.locator('.refusal')
    await refusal.getByText('instead').waitFor()
    expect(await refusal.textContent()).toContain(`room ${number} is held`)
    await refusal.getByRole('button').first().click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const stays = await listed()
    expect(stays).toHaveLength(2)
    expect(stays[1]).toMatchObject({ in_date: day(1), out_date: day(2) })
    expect(stays[1]?.rooms).not.toEqual(first?.rooms)
  })

  test('a bar that is dragged to another room and night moves the reservation', async () => {
    const [, second] = await listed()
    const row = house.rooms.indexOf(second?.rooms[0] ?? '')
    const free = house.rooms.findIndex((_, at) => at !== row && at !== 0 && at > 0)
    await drag(page, page.locator(`#bar-${second?.id}-${second?.rooms[0]}`), NIGHT_PX * 2, (free - row) * ROW_PX)
    await eventually(async () => {
      expect(await read(second?.id ?? '')).toMatchObject({
        in_date: day(3),
        out_date: day(4),
        rooms: [house.rooms[free]],
      })
    })
  })

  test('a guest who has come is checked in by one click', async () => {
    await page.getByRole('button', { name: 'Check in: Grace Hopper' }).click()
    await page.locator('.bar[data-kind="CHECKED_IN"]').waitFor()
    const [first] = await listed()
    expect(first?.status).toBe(Reservation_Status.CHECKED_IN)
  })

  test('a stay that is stretched into another goes back, with the reason', async () => {
    const [first] = await listed()
    const guest = await newGuest(suite, 'Next', 'Guest')
    await reserve(suite, guest, first?.rooms[0], 3, 5)
    await bars('Next Guest').waitFor()
    const bar = page.locator(`#bar-${first?.id}-${first?.rooms[0]}`)
    const before = await bar.boundingBox()
    await stretch(page, bar, NIGHT_PX)
    await page.locator('.refusal').getByText('is held').waitFor()
    await eventually(async () => expect((await bar.boundingBox())?.width).toBe(before?.width))
    expect(await read(first?.id ?? '')).toMatchObject({ out_date: day(3) })
  })

  test('a guest who leaves early is checked out by one click, and the nights are free', async () => {
    await page.getByRole('tab', { name: /In house/ }).click()
    await page.getByRole('button', { name: 'Check out: Grace Hopper' }).click()
    await page.locator('.bar[data-kind="CHECKED_OUT"]').waitFor()
    const [first] = await listed()
    expect(first).toMatchObject({ status: Reservation_Status.CHECKED_OUT, out_date: day(0) })
  })

  test('a check-out by mistake is taken back', async () => {
    await page.getByText('Checked out.').locator('..').getByRole('button', { name: 'Undo' }).click()
    await page.locator('.bar[data-kind="CHECKED_IN"]').waitFor()
    const [first] = await listed()
    expect(first?.status).toBe(Reservation_Status.CHECKED_IN)
  })

  test('a reservation is cancelled with its cause, and restored', async () => {
    const second = (await listed()).find(({ in_date }) => in_date === day(3))
    await page.locator(`#bar-${second?.id}-${second?.rooms[0]}`).click()
    await page.getByLabel('Cause').selectOption('GUEST')
    await page.getByLabel('Reason').fill('Ill')
    await page.getByRole('button', { name: 'Cancel this reservation' }).click()
    await page.locator(`#bar-${second?.id}-${second?.rooms[0]}`).waitFor({ state: 'detached' })
    expect(await read(second?.id ?? '')).toMatchObject({ reason: 'Ill', delete_time: expect.any(Date) })
    await page.getByText('Cancelled.').locator('..').getByRole('button', { name: 'Undo' }).click()
    await page.locator(`#bar-${second?.id}-${second?.rooms[0]}`).waitFor()
    expect((await read(second?.id ?? '')).delete_time).toBeUndefined()
  })

  test('by the keyboard alone a stay is found, moved, stretched, opened, and one is begun after it', async () => {
    const second = (await listed()).find(({ in_date }) => in_date === day(3))
    const bar = page.locator(`#bar-${second?.id}-${second?.rooms[0]}`)
    await bar.focus()
    // The second key comes before the page has the answer to the first.
    await page.keyboard.press('Alt+ArrowRight')
    await page.keyboard.press('Alt+Shift+ArrowRight')
    await eventually(async () =>
      expect(await read(second?.id ?? '')).toMatchObject({ in_date: day(4), out_date: day(6) }),
    )
    await bar.focus()
    await page.keyboard.press('Insert')
    expect(await page.getByRole('dialog').getByLabel('First day').inputValue()).toBe(day(6))
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await bar.focus()
    await page.keyboard.press('ArrowUp')
    expect(await page.evaluate('document.activeElement.className')).toBe('bar')
    await bar.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('nothing of all that has violated the policy or failed in the page', () => {
    expect(desk.wrong).toEqual([])
  })

  deskDatesTests(() => all)
  togetherTests(() => all)
  editsTests(() => all)
})

async function drag(page: Page, bar: Locator, dx: number, dy: number): Promise<void> {
  const box = await bar.boundingBox()
  if (box === null) throw new Error('the bar is not in sight')
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + dx, y + dy, { steps: 6 })
  await page.mouse.up()
}

async function stretch(page: Page, bar: Locator, dx: number): Promise<void> {
  const box = await bar.boundingBox()
  if (box === null) throw new Error('the bar is not in sight')
  const [x, y] = [box.x + box.width - 3, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + dx, y, { steps: 6 })
  await page.mouse.up()
}

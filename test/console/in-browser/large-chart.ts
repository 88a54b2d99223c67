import { expect, test } from '@jest/globals'
import type { CDPSession, Page } from 'playwright-core'
import type { Suite } from '../../harness/test-suite.ts'
import { eventually } from '../../support/hotel.ts'
import type { Console } from './browser.ts'
import { newGuest, reserve } from './house.ts'

const ROOMS = 500
const AT_ONCE = 20
const STAYS_DAYS = [0, 4, 8, 12] as const
const STAY_NIGHTS = 3
const STEPS = 9
const ROW_PX = 30
const NIGHT_PX = 44

/** Of 500 rooms and a year of nights: the elements in the page, and those that scrolling draws again. */
export function largeChartTests(get: () => { readonly suite: Suite; readonly console: Console }): void {
  test('of 500 rooms and a year of nights only what is in sight is in the page, and scrolling draws only what is new', async () => {
    const { suite, console } = get()
    const location = await manyRooms(suite)
    await using visitor = await console.visit({ location })
    const { page, context } = visitor
    await page.locator('.bar').nth(20).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    const session = await context.newCDPSession(page)
    await session.send('Profiler.enable')
    await session.send('Debugger.enable')
    const drawn = () => callsOf(session, 'data-movable')
    await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

    const seen = await elements(page)
    expect(seen).toBeLessThan(1_500)
    await still(drawn)
    for (let step = 0; step < STEPS; step += 1) await scrollBy(page, 0, ROW_PX)
    // Of each row that comes into sight its bars, and the two between which the place of Tab moves.
    const down = await still(drawn)
    expect(down).toBeGreaterThan(0)
    expect(down).toBeLessThanOrEqual(STEPS * (STAYS_DAYS.length + 2))
    for (let step = 0; step < STEPS; step += 1) await scrollBy(page, NIGHT_PX, 0)
    // In each row at most the bar that comes into sight, and when the chart rests those that are cut on the left and were so.
    const rows = await page.locator('.chart-row').count()
    expect(await still(drawn)).toBeLessThanOrEqual(rows * (1 + STEPS / STAY_NIGHTS) * 2)

    await page.evaluate(`document.querySelector('.chart').scrollTo(330 * ${NIGHT_PX}, 1e6)`)
    await page.getByText(String(100 + ROOMS), { exact: true }).waitFor()
    expect(await elements(page)).toBeLessThan(1_500)
    expect(visitor.wrong).toEqual([])
  }, 240_000)
}

/** How many elements the chart has. */
async function elements(page: Page): Promise<number> {
  return Number(await page.evaluate("document.querySelectorAll('.chart *').length"))
}

async function scrollBy(page: Page, x: number, y: number): Promise<void> {
  await page.evaluate(`new Promise((drawn) => {
    document.querySelector('.chart').scrollBy(${x}, ${y})
    requestAnimationFrame(() => requestAnimationFrame(drawn))
  })`)
}

/** The calls since they were counted last, once there come no more. */
async function still(count: () => Promise<number>): Promise<number> {
  let sum = 0
  await eventually(async () => {
    const more = await count()
    sum += more
    expect(more).toBe(0)
  })
  return sum
}

/** How often the innermost function with this text in it was called since it was asked last. */
async function callsOf(session: CDPSession, text: string): Promise<number> {
  const { result } = await session.send('Profiler.takePreciseCoverage')
  let calls = 0
  for (const { scriptId, functions } of result) {
    const { scriptSource } = await session.send('Debugger.getScriptSource', { scriptId })
    const at = scriptSource.indexOf(text)
    if (at < 0) continue
    const within = functions.flatMap(({ ranges: [range] }) =>
      range !== undefined && range.startOffset <= at && at < range.endOffset ? [range] : [],
    )
    const [innermost] = within.sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))
    calls += innermost?.count ?? 0
  }
  return calls
}

async function manyRooms(suite: Suite): Promise<string> {
  const { hotel } = suite
  const guest = await newGuest(suite, 'Niklaus', 'Wirth')
  const { id: location } = await suite.locations.createLocation({ hotel, name: 'Large', time_zone: 'UTC' })
  // A few at a time, as a hotel's writes wait for each other.
  for (let at = 0; at < ROOMS; at += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, next) => at + next)
    const rooms = await Promise.all(numbers.map((n) => suite.rooms.createRoom({ location, number: String(101 + n) })))
    // The first rooms are those that are looked at.
    const looked = at < 100 ? STAYS_DAYS : STAYS_DAYS.slice(0, 1)
    await Promise.all(
      rooms.flatMap(({ id }) => looked.map((from) => reserve(suite, guest, id, from, from + STAY_NIGHTS))),
    )
  }
  return location
}

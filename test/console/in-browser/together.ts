import { afterAll, expect, test } from '@jest/globals'
import type { Suite } from '../../harness/test-suite.ts'
import { day, dayAfter } from '../../support/hotel.ts'
import type { Console, Visitor } from './browser.ts'
import { book, fillIn } from './desk.ts'
import { type FullHotel, newGuest, newHouse, reserve } from './house.ts'

/** Two desks at once: each sees what the other does, and what was done while the gateway was away. */
export function togetherTests(get: () => { readonly suite: Suite; readonly console: Console }): void {
  let suite: Suite
  let house: FullHotel
  let [one, other]: Visitor[] = []
  // Midnight may come while they run.
  let today: string
  const on = (days: number) => dayAfter(today, days)
  const desks = () => [one, other].flatMap((desk) => (desk === undefined ? [] : [desk]))
  const pageOf = (desk: Visitor | undefined) => {
    if (desk === undefined) throw new Error('the desk is not open')
    return desk.page
  }
  afterAll(async () => {
    await Promise.all(desks().map((desk) => desk[Symbol.asyncDispose]()))
  })

  test('the other desk sees by itself what one books, checks in and cancels', async () => {
    const { console } = get()
    suite = get().suite
    today = day()
    house = await newHouse(suite, 4)
    await newGuest(suite, 'Ada', 'Lovelace')
    const visits = [1, 2].map(() => console.visit({ location: house.location }))
    ;[one, other] = await Promise.all(visits)
    await Promise.all(desks().map(({ page }) => page.getByText('Live', { exact: true }).waitFor()))
    await book(pageOf(one), { guest: 'Ada', from: on(0), to: on(2), pick: ['Room', '101'] })
    await pageOf(one).locator('.bar', { hasText: 'Ada Lovelace' }).waitFor()
    const began = performance.now()
    await pageOf(other).locator('.bar', { hasText: 'Ada Lovelace' }).waitFor()
    process.stdout.write(
      `  The other desk shows a booking ${Math.round(performance.now() - began)} ms after the own one.\n`,
    )
    await pageOf(other).getByRole('button', { name: 'Check in: Ada Lovelace' }).click()
    await pageOf(one).locator('.bar[data-kind="CHECKED_IN"]').waitFor()
    await pageOf(one).getByRole('tab', { name: 'In house 1' }).waitFor()
    await book(pageOf(one), { guest: 'Ada', from: on(6), to: on(8), pick: ['Room', '104'] })
    const later = [one, other].map((desk) => pageOf(desk).locator('.bar', { hasText: 'Ada Lovelace' }).nth(1))
    await later[1]?.click()
    await pageOf(other).getByRole('button', { name: 'Cancel this reservation' }).click()
    await later[0]?.waitFor({ state: 'detached' })
  })

  test('a form is kept while the gateway restarts and then booked once, and nothing of others is missed', async () => {
    const { gateway } = suite.stack
    if (gateway === undefined) throw new Error('the suite has no gateway')
    const page = pageOf(one)
    await fillIn(page, { guest: 'Ada', from: on(3), to: on(5), pick: ['Room', '102'] })
    await gateway.process.stop()
    await page.getByRole('dialog').getByRole('button', { name: 'Book' }).click()
    await page.getByText('The gateway does not answer.').waitFor()
    await pageOf(other).getByText('Reconnecting').waitFor()
    // Past the gateway, at a service: no watch reports it now.
    await reserve(suite, await newGuest(suite, 'Mary', 'Shelley'), house.rooms[2], 0, 3)
    await gateway.process.start()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    for (const { page } of desks()) {
      await page.locator('.bar', { hasText: 'Mary Shelley' }).waitFor()
      await page.getByText('Live', { exact: true }).waitFor()
    }
    const { reservations } = await suite.reservations.listReservations({
      location: house.location,
      room: house.rooms[1] ?? '',
    })
    expect(reservations).toHaveLength(1)
  }, 120_000)

  test('nothing has violated the policy or failed in the pages', () => {
    expect(desks().flatMap(({ wrong }) => wrong)).toEqual([])
  })
}

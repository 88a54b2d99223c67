import { expect, test } from '@jest/globals'
import type { Suite } from '../../harness/test-suite.ts'
import type { Console } from './browser.ts'
import { newGuest, newHouse, reserve } from './house.ts'

/** 25 hours apart: it is never the same day at both. */
const [AHEAD, BEHIND] = ['Pacific/Kiritimati', 'Pacific/Pago_Pago']

/** What depends on the date at the location: what is offered, and from when on a room is retired. */
export function deskDatesTests(get: () => { readonly suite: Suite; readonly console: Console }): void {
  test('a check-in is offered from the first day on, by the date of the location and not by that of the browser', async () => {
    const { suite, console } = get()
    const house = await newHouse(suite, 2, AHEAD)
    const today = Temporal.Now.plainDateISO(AHEAD)
    const guest = await newGuest(suite, 'Alan', 'Turing')
    const made = await Promise.all(
      [0, 1].map((days) =>
        suite.reservations.createReservation({
          guest,
          room: house.rooms[days] ?? '',
          in_date: String(today.add({ days })),
          out_date: String(today.add({ days: days + 1 })),
        }),
      ),
    )
    await using visitor = await console.visit({ location: house.location, timeZone: BEHIND, locale: 'de-CH' })
    const { page } = visitor
    const german = new Intl.DateTimeFormat('de-CH', { dateStyle: 'full', timeZone: 'UTC' })
    await page.getByText(german.format(new Date(`${today}T00:00:00Z`))).waitFor()
    await page.getByRole('tab', { name: 'Arrivals 1' }).waitFor()
    const offered = async (at: number) => {
      await page.locator(`#bar-${made[at]?.id}-${house.rooms[at]}`).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Cancel this reservation' }).waitFor()
      const steps = await dialog.getByRole('button', { name: /Check|Undo/ }).allTextContents()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      return steps
    }
    expect(await offered(0)).toEqual(['Check in'])
    expect(await offered(1)).toEqual([])
    await page.getByRole('button', { name: 'Check in: Alan Turing' }).click()
    await page.locator('.bar[data-kind="CHECKED_IN"]').waitFor()
    expect(visitor.wrong).toEqual([])
  })

  test('a retired room has its past and then a bar of its retirement, and takes nobody', async () => {
    const { suite, console } = get()
    const house = await newHouse(suite, 2)
    const [kept, retired] = house.rooms
    const guest = await newGuest(suite, 'Annie', 'Easley')
    await reserve(suite, guest, kept, 0, 2)
    await reserve(suite, guest, retired, -4, -1)
    await suite.rooms.deleteRoom({ id: retired ?? '' })
    await using visitor = await console.visit({ location: house.location })
    const { page } = visitor
    const bar = page.locator('.bar[data-kind="retired"]')
    await bar.waitFor()
    expect(await page.locator('.chart-room').allTextContents()).toEqual(['101', '102'])
    expect(await bar.getAttribute('data-room')).toBe(retired)
    const [from, today] = [await bar.boundingBox(), await page.locator('.chart-date[data-today]').boundingBox()]
    expect(Math.abs((from?.x ?? 0) - (today?.x ?? 0) - (today?.width ?? 0) / 2)).toBeLessThan(3)
    await page.mouse.move((from?.x ?? 0) + 90, (from?.y ?? 0) + 12)
    await page.mouse.down()
    await page.mouse.move((from?.x ?? 0) + 90, (from?.y ?? 0) - 18, { steps: 4 })
    await page.mouse.up()
    expect(await page.locator('[data-dragging], [data-saving]').count()).toBe(0)
    await page.getByRole('button', { name: 'Earlier' }).click()
    await page.locator(`.bar[data-room="${retired}"]`, { hasText: 'Annie Easley' }).waitFor()
    // The night between the stay and the retirement: it takes nobody either.
    const free = await page.locator(`.bar[data-room="${retired}"]`, { hasText: 'Annie Easley' }).boundingBox()
    await page.mouse.click((free?.x ?? 0) + (free?.width ?? 0) + 20, (free?.y ?? 0) + 12)
    expect(await page.getByRole('dialog').count()).toBe(0)
    const refused = reserve(suite, guest, retired, 0, 1)
    await expect(refused).rejects.toThrow()
    expect(visitor.wrong).toEqual([])
  })
}

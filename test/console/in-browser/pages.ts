import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Cancellation_Cause as Cause } from '@hotel/proto/hotel/reservations/v1/reservations'
import { expect, test } from '@jest/globals'
import type { Suite } from '../../harness/test-suite.ts'
import { day } from '../../support/hotel.ts'
import type { VisitOptions, Visitor } from './browser.ts'
import { choose } from './desk.ts'
import { type FullHotel, newGuest, reserve } from './house.ts'

type Given = {
  readonly suite: Suite
  readonly house: FullHotel
  readonly token: string
  visit(path: string, more?: VisitOptions): Promise<Visitor>
}

/** What a list and a resource's page show of the API: filters, the deleted, the history, the call and its answer. */
export function pagesTests(get: () => Given): void {
  test('a list is filtered by what is searched, chosen and typed, and its address says so', async () => {
    const { suite, house, visit } = get()
    const mark = crypto.randomUUID().slice(0, 8)
    const guest = await newGuest(suite, mark, 'Filtered')
    const [, , room] = house.rooms
    const made = [await reserve(suite, guest, room, 40, 41), await reserve(suite, guest, room, 50, 51)]
    for (const { id } of made) await suite.reservations.cancelReservation({ id, cause: Cause.HOTEL, reason: 'Flood' })
    await reserve(suite, guest, room, 60, 61)
    await using visitor = await visit('/reservations')
    const { page } = visitor
    await page.getByRole('button', { name: 'Filters' }).click()
    const filters = page.locator('.filters')
    await choose(page, filters.getByRole('combobox', { name: 'Guest', exact: true }), mark)
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('1 on this page').waitFor()
    await page.getByRole('checkbox', { name: 'Show deleted' }).check()
    await page.getByText('3 on this page').waitFor()
    await page.getByText('Flood').first().waitFor()
    await page.getByRole('button', { name: 'Filters (1)' }).click()
    await filters.getByLabel('Cause').selectOption({ label: 'The hotel' })
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('2 on this page').waitFor()
    await page.getByRole('button', { name: 'Filters (2)' }).click()
    await filters.getByLabel('Min lead days').fill('45')
    await filters.getByLabel('Arriving from').fill(day(45))
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('1 on this page').waitFor()
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      ...{ guest, show_deleted: 'true', cause: 'HOTEL' },
      ...{ min_lead_days: '45', arriving_from: day(45) },
    })
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.waitForURL((url) => url.search === '')
    expect(visitor.wrong).toEqual([])
  })

  test('a page shows each change with its caller, time and values, and shows and copies its call and the answer', async () => {
    const { suite, visit, token } = get()
    const id = await newGuest(suite, 'Ida', 'Rhodes')
    const other = suite.clientsWith(await suite.token({ subject: 'night-porter', tier: 'internal' })).direct
    const { update_time } = await other.guests.updateGuest({ id, last_name: 'Hadassah' })
    await using visitor = await visit(`/guests/${id}`)
    const { page, context } = visitor
    const history = page.getByRole('region', { name: 'History' })
    const entry = history.getByText('night-porter changed it').locator('xpath=ancestor::*[.//ul][1]')
    await entry.getByText('Last name: Rhodes → Hadassah').waitFor()
    expect(Date.parse((await entry.locator('time').getAttribute('datetime')) ?? '')).toBe(update_time?.getTime())

    await page.getByRole('button', { name: 'Raw JSON' }).click()
    const answer = (await suite.rest('GET', `/guests/${id}`, { token })).json
    expect(JSON.parse((await page.getByLabel('JSON', { exact: true }).textContent()) ?? '')).toEqual(answer)

    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'As a call' }).click()
    await page.getByRole('button', { name: 'Copy: curl', exact: true }).click()
    await page.getByRole('button', { name: 'Copied: curl', exact: true }).waitFor()
    const line = String(await page.evaluate('navigator.clipboard.readText()'))
    expect(line).toBe(await page.getByLabel('curl', { exact: true }).textContent())
    expect(line).not.toContain(token)
    const { stdout } = await promisify(execFile)('bash', ['-c', line], { env: { ...process.env, token } })
    expect(JSON.parse(stdout)).toEqual(answer)
    expect(visitor.wrong).toEqual([])
  })
}

import { afterAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import type { Suite } from '../../harness/test-suite.ts'
import { eventually } from '../../support/hotel.ts'
import type { Console, Visitor } from './browser.ts'
import { type FullHotel, newGuest, newHouse, reserve } from './house.ts'

/** Changes of a stay in its drawer and by the keyboard, while another desk changes it too. */
export function editsTests(get: () => { readonly suite: Suite; readonly console: Console }): void {
  let suite: Suite
  let house: FullHotel
  let one: Visitor
  let other: Visitor
  let id: string
  // No beforeAll: it would make another room type before the tests of the describe that has these.
  const begin = async () => {
    suite = get().suite
    house = await newHouse(suite, 3)
    id = (await reserve(suite, await newGuest(suite, 'Emmy', 'Noether'), house.rooms[0], 1, 3)).id
    ;[one, other] = await Promise.all([
      get().console.visit({ location: house.location }),
      get().console.visit({ location: house.location }),
    ])
    await Promise.all([one, other].map(({ page }) => page.getByText('Live', { exact: true }).waitFor()))
  }
  afterAll(async () => {
    await Promise.all([one, other].map((desk) => desk?.[Symbol.asyncDispose]()))
  })
  const read = () => suite.reservations.getReservation({ id })
  const bar = (page: Page) => page.locator('.bar', { hasText: 'Emmy Noether' })
  const open = async (page: Page) => {
    await bar(page).click()
    await note(page).waitFor()
  }
  const note = (page: Page) => page.getByRole('dialog').getByLabel('Note')
  const save = async (page: Page, text: string) => {
    await note(page).fill(text)
    await page.getByRole('button', { name: 'Save', exact: true }).click()
  }
  const undo = (page: Page) => page.getByText('Saved.').locator('..').getByRole('button', { name: 'Undo' }).click()

  test('a note that was added is taken back by Undo, and so is the clearing of one', async () => {
    await begin()
    const { page } = one
    await open(page)
    await save(page, 'Late arrival')
    await eventually(async () => expect((await read()).note).toBe('Late arrival'))
    await undo(page)
    await eventually(async () => expect((await read()).note ?? '').toBe(''))
    await suite.reservations.updateReservation({ id, note: 'Cot' })
    await open(page)
    await page.getByRole('dialog').getByText('Cot').waitFor()
    await save(page, '')
    await eventually(async () => expect((await read()).note ?? '').toBe(''))
    await undo(page)
    await eventually(async () => expect((await read()).note).toBe('Cot'))
  })

  test('an edit that is half typed stays when the stay changes, and the other fields follow', async () => {
    await open(one.page)
    await note(one.page).fill('Quiet room')
    await suite.reservations.updateReservation({ id, rooms: [house.rooms[1] ?? ''] })
    await one.page.getByRole('dialog').getByText('102').waitFor()
    expect(await note(one.page).inputValue()).toBe('Quiet room')
    await one.page.getByRole('button', { name: 'Save', exact: true }).click()
    await one.page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await read()).toMatchObject({ note: 'Quiet room', rooms: [house.rooms[1]] })
  })

  test('a field that both desks have changed is asked about, and nothing typed is lost', async () => {
    await open(one.page)
    await note(one.page).fill('Mine')
    await open(other.page)
    await save(other.page, 'Theirs')
    await eventually(async () => expect((await read()).note).toBe('Theirs'))
    const { etag } = await read()
    // Until the feed brings the other version, its etag refuses the save; then the next one asks.
    const dialog = one.page.getByRole('dialog')
    const ask = async () => {
      await one.page.getByRole('button', { name: 'Save', exact: true }).click()
      await dialog.getByText('Somebody else has changed this').waitFor({ timeout: 2_000 })
    }
    await eventually(ask, 20_000)
    await dialog.getByRole('radio', { name: 'Theirs: Theirs' }).waitFor()
    await dialog.getByRole('radio', { name: 'Mine: Mine' }).waitFor()
    expect((await read()).etag).toBe(etag)
    await dialog.getByRole('button', { name: 'Save the choice' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await read()).note).toBe('Mine')
  })

  test('a stay that is moved to another room by the keyboard keeps the focus, and a key held down sends one change', async () => {
    const { page, asked } = one
    const patches = () => asked.filter((request) => request.method() === 'PATCH')
    const focused = () => page.evaluate('document.activeElement.dataset.room')
    await bar(page).focus()
    const before = patches().length
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/reservations/*', async (route) => {
      if (route.request().method() === 'PATCH') await held
      await route.continue()
    })
    for (let times = 0; times < 3; times += 1) await page.keyboard.press('Alt+ArrowDown')
    await eventually(async () => expect(patches().length).toBe(before + 1))
    release()
    await eventually(async () => expect((await read()).rooms).toEqual([house.rooms[2]]))
    await eventually(async () => expect(await focused()).toBe(house.rooms[2]))
    await page.keyboard.press('Alt+ArrowUp')
    await eventually(async () => expect((await read()).rooms).toEqual([house.rooms[1]]))
    await eventually(async () => expect(await focused()).toBe(house.rooms[1]))
    const answers = patches().slice(before)
    const statuses = await Promise.all(answers.map(async (sent) => (await sent.response())?.status()))
    expect(statuses).toEqual([200, 200])
    await page.unroute('**/reservations/*')
  })

  test('nothing has violated the policy or failed in the pages', () => {
    expect([...one.wrong, ...other.wrong]).toEqual([])
  })
}

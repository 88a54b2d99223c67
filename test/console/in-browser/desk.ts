import type { Locator, Page } from 'playwright-core'

/** A reservation to fill in: of a room by its number, or of a room type by its name. */
export type Wanted = {
  readonly guest: string
  readonly from: string
  readonly to: string
  readonly pick: readonly ['Room' | 'Room type', string]
}

/** Fills the form of a new reservation and sends it. */
export async function book(page: Page, wanted: Wanted): Promise<void> {
  await fillIn(page, wanted)
  await page.getByRole('dialog').getByRole('button', { name: 'Book' }).click()
}

/** Opens the form of a new reservation and fills it. */
export async function fillIn(page: Page, { guest, from, to, pick: [kind, name] }: Wanted): Promise<void> {
  await page.getByRole('button', { name: 'New reservation' }).click()
  const dialog = page.getByRole('dialog')
  await choose(page, dialog.getByRole('combobox', { name: 'Guest' }), guest)
  await dialog.getByLabel('First day').fill(from)
  await dialog.getByLabel('Last day').fill(to)
  await dialog.getByText(kind === 'Room' ? 'A room' : 'A room type', { exact: true }).click()
  await choose(page, dialog.getByRole('combobox', { name: kind, exact: true }), name)
}

/** Searches in a picker and takes the first that is found. */
export async function choose(page: Page, picker: Locator, text: string): Promise<void> {
  await picker.click()
  await picker.fill(text)
  await page.getByRole('option', { name: text }).first().click()
}

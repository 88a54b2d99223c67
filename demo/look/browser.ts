import { readConfig } from '@hotel/stack/config'
import { consoleLink, gatewayHere } from '@hotel/stack/identity/console-link'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { chromiumRemedy, findChromium } from '../../stack/setup/chromium.mjs'
import { Problem } from '../../stack/setup/problem.mjs'

/** Chromium at the console of the suite that runs, of which `DATA_DIR` and the ports are. */
export type Visit = {
  readonly browser: Browser
  /** Opens a page, signed in by a developer's link, at the desk of a location. */
  open(location: string, options?: BrowserContextOptions): Promise<Page>
  /** `http://127.0.0.1:8000` or wherever the gateway is. */
  readonly address: string
}

/** Starts Chromium; throws a Problem where there is none. */
export async function visitSuite(): Promise<Visit> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Problem(`There is no Chromium: ${chromiumRemedy}.`)
  const config = readConfig()
  const gateway = gatewayHere(config)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--lang=en-GB'] })
  const open = async (location: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ locale: 'en-GB', ...options })
    await context.addInitScript({ content: `localStorage.setItem('hotel.location', ${JSON.stringify(location)})` })
    const page = await context.newPage()
    await page.goto(await consoleLink(config.dataDir, gateway))
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    return page
  }
  return { browser, open, address: `http://${gateway}` }
}

import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core'
import type { Suite } from '../../harness/test-suite.ts'
import { chromiumPath } from '../../support/chromium.ts'

/** How long a page may take to show what is waited for, on a busy machine. */
const PATIENCE_MS = 30_000

/** A person's browser: its page, and what went wrong in it. */
export type Visitor = AsyncDisposable & {
  readonly page: Page
  readonly context: BrowserContext
  /** Violations of the Content-Security-Policy, and errors of the page's scripts. */
  readonly wrong: string[]
  /** What the page has asked for. */
  readonly asked: Request[]
}

export type VisitOptions = {
  readonly path?: string
  readonly token?: string | undefined
  readonly location?: string | undefined
  readonly phone?: boolean
  readonly dark?: boolean
  readonly locale?: string
  readonly timeZone?: string
}

/** The console of a suite in Chromium. */
export type Console = AsyncDisposable & {
  readonly address: string
  visit(options?: VisitOptions): Promise<Visitor>
}

/** Starts Chromium at the gateway of a suite. */
export async function openConsole(suite: Suite): Promise<Console> {
  await using started = new AsyncDisposableStack()
  const address = `http://${suite.gateway.address}`
  const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox', '--disable-gpu'] })
  started.defer(() => browser.close())
  const all = started.move()
  return {
    address,
    visit: (options = {}) => visit(browser, address, { token: suite.testerToken, path: '/console/desk', ...options }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function visit(browser: Browser, address: string, options: VisitOptions): Promise<Visitor> {
  const { path = '', token, location, phone = false, dark = false, locale = 'en-GB', timeZone } = options
  const viewport = phone ? { width: 390, height: 780 } : { width: 1360, height: 850 }
  const context = await browser.newContext({
    viewport,
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: phone,
    locale,
    ...(timeZone === undefined ? {} : { timezoneId: timeZone }),
    reducedMotion: 'reduce',
  })
  await context.addInitScript({ content: script({ token, location }) })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', (message) => message.text().startsWith('CSP ') && wrong.push(message.text()))
  page.on('pageerror', (error) => wrong.push(String(error.stack)))
  const asked: Request[] = []
  page.on('request', (request) => asked.push(request))
  await page.goto(`${address}${path}`)
  return { page, context, wrong, asked, [Symbol.asyncDispose]: () => context.close() }
}

/** Runs in each page before its own scripts: signs in, chooses the location, and reports what the policy refuses. */
function script({ token, location }: Pick<VisitOptions, 'token' | 'location'>): string {
  const store = (storage: string, key: string, value: string | undefined) =>
    value === undefined ? '' : `${storage}.getItem('${key}') ?? ${storage}.setItem('${key}', ${JSON.stringify(value)});`
  return `${store('sessionStorage', 'hotel.token', token)} ${store('localStorage', 'hotel.location', location)}
    addEventListener('securitypolicyviolation', (event) => {
      console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI)
    })`
}

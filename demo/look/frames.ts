import { loadavg } from 'node:os'
import { clientScopes, transferScopes } from '@hotel/stack/identity/scopes'
import type { CDPSession, Page } from 'playwright-core'
import { connect } from '../../transfer/clients.ts'
import { readAddresses } from '../../transfer/config.ts'
import { run } from '../../transfer/run.ts'
import { tokenSource } from '../../transfer/token.ts'
import { send } from '../fill.ts'
import { visitSuite } from './browser.ts'
import { largeHotel } from './large.ts'

/** Of each direction. */
const SECONDS = 4
const WHEEL_EVERY_MS = 16
/** What a turn of the wheel or a finger on a trackpad gives in a moment, in pixels. */
const DOWN_PX = 40
const RIGHT_PX = 30

/**
 * `npm run frames`, while `npm start` runs: fills a hotel of 500 rooms with a year of stays, once, and measures in Chromium how
 * smoothly the chart of the desk scrolls by the wheel.
 */
async function main(): Promise<number> {
  const { location, lists } = largeHotel(Temporal.Now.plainDateISO('UTC'))
  const token = await tokenSource(undefined, process.env, {
    subject: 'frames',
    scopes: [...clientScopes, ...transferScopes],
  })
  const transfer = await connect(readAddresses(), token)
  for (const [name, service, rows] of lists) {
    await send(transfer.clients[service], name, rows, new AbortController().signal)
    console.log(`${rows.length} ${name.replaceAll('_', ' ')}`)
  }
  transfer.close()
  const visit = await visitSuite()
  try {
    const page = await visit.open(location, { viewport: { width: 1360, height: 850 } })
    await page.goto(`${visit.address}/console/desk`)
    await page.locator('.bar').nth(50).waitFor()
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    console.log(
      `Load of the machine: ${loadavg()
        .map((each) => each.toFixed(1))
        .join(', ')}`,
    )
    const ways = [
      ...([
        ['down', 0, DOWN_PX],
        ['up', 0, -DOWN_PX],
        ['to later nights', RIGHT_PX, 0],
      ] as const),
      ...([
        ['to earlier nights', -RIGHT_PX, 0],
        ['down and later', RIGHT_PX, DOWN_PX],
      ] as const),
    ]
    for (const times of ['first', 'second'])
      for (const [way, dx, dy] of ways) console.log(`${times} time ${way}: ${await scroll(page, session, dx, dy)}`)
  } finally {
    await visit.browser.close()
  }
  return 0
}

/** Scrolls by the wheel for some seconds and says how long the frames took. */
async function scroll(page: Page, session: CDPSession, deltaX: number, deltaY: number): Promise<string> {
  const box = await page.locator('.chart').boundingBox()
  const at = { x: (box?.x ?? 0) + 400, y: (box?.y ?? 0) + 300 }
  const before = await busyMs(session)
  await page.evaluate(RECORD)
  const until = performance.now() + SECONDS * 1_000
  const sent: Promise<unknown>[] = []
  while (performance.now() < until) {
    sent.push(session.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...at, deltaX, deltaY }))
    await new Promise((resolve) => setTimeout(resolve, WHEEL_EVERY_MS))
  }
  await Promise.all(sent)
  const frames = ((await page.evaluate('window.frameTimes')) as number[]).toSorted((a, b) => a - b)
  const share = (part: number) => (frames[Math.floor((frames.length - 1) * part)] ?? 0).toFixed(1)
  const busy = (await busyMs(session)) - before
  const pixels = sent.length * Math.hypot(deltaX, deltaY)
  return `${frames.length} frames, p50 ${share(0.5)} ms, p95 ${share(0.95)} ms, longest ${share(1)} ms; ${(busy / frames.length).toFixed(1)} ms of a processor for each, ${((busy * 1_000) / pixels).toFixed(1)} for 1,000 pixels`
}

/** For how long the page has had a processor, for script, style and layout. */
async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  const parts = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']
  return metrics.reduce((sum, { name, value }) => (parts.includes(name) ? sum + value * 1_000 : sum), 0)
}

const RECORD = `{
  window.frameTimes = []
  const run = (window.frameRun = (window.frameRun ?? 0) + 1)
  let last = performance.now()
  const step = (now) => {
    if (run !== window.frameRun) return
    window.frameTimes.push(now - last)
    last = now
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
}`

run(main)

import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { runCommand } from '../harness/python.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { chromiumPath, describeInChromium } from '../support/chromium.ts'
import { day, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { servePages } from './page-server.ts'

const root = path.join(import.meta.dirname, '..', '..')
const clients = path.join(root, 'clients', 'browser')
const commands = path.join(root, 'node_modules', '.bin')

describeInChromium('in Chromium', () => {
  const closing = new AsyncDisposableStack()
  let suite: Suite
  let context: BrowserContext
  let port: number
  beforeAll(async () => {
    // Below the root, where the packages are found.
    await mkdir(path.join(root, '.build'), { recursive: true })
    const folder = await mkdtemp(path.join(root, '.build', 'browser-'))
    closing.defer(() => rm(folder, { recursive: true, force: true }))
    await generate(folder)
    const pages = closing.use(await servePages(folder))
    port = pages.port
    suite = closing.use(await sharedSuite({ corsOrigins: [`http://127.0.0.1:${port}`], requestsPerSecond: 1 }))
    const browser = await chromium.launch({ executablePath: chromiumPath ?? '' })
    closing.defer(() => browser.close())
    context = await browser.newContext()
  })
  afterAll(() => closing.disposeAsync())

  /** As docs/browsers.md says it. */
  async function generate(folder: string): Promise<void> {
    // Without a home, buf would make its cache in the working tree.
    const cache = { BUF_CACHE_DIR: path.join(folder, 'cache') }
    const env = { PATH: `${commands}${path.delimiter}${process.env.PATH}`, ...cache }
    const args = ['generate', '--template', path.join(clients, 'buf.gen.yaml'), '--output', folder]
    const { code, output } = await runCommand(path.join(commands, 'buf'), args, { cwd: root, env })
    if (code !== 0) throw new Error(output)
    await copyFile(path.join(clients, 'desk.js'), path.join(folder, 'desk.js'))
  }

  /** A page of an origin, with what it calls by. */
  async function open(host: string, transport: string, token: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`http://${host}:${port}/`)
    await page.evaluate(prepare, { url: `http://${suite.gateway.address}`, token, transport })
    return page
  }

  describe.each(['createGrpcWebTransport', 'createConnectTransport'])('by %s', (transport) => {
    const openDesk = async (token?: string) =>
      open('127.0.0.1', transport, token ?? (await suite.token({ tier: 'internal' })))

    test('a page books a room, and reads why the second time is refused', async () => {
      const { guest, room } = await guestAndRoom(suite)
      const page = await openDesk()
      const stay = { guest, room, inDate: day(), outDate: day(2) }
      const booked = await page.evaluate(call, ['reservations', 'createReservation', stay] as const)
      expect(booked).toMatchObject({ answer: { guest, room, etag: '"1"' } })
      const refused = await page.evaluate(call, ['reservations', 'createReservation', stay] as const)
      expect(refused).toMatchObject({
        refusal: { code: 'FailedPrecondition', reason: 'ROOM_NOT_AVAILABLE', metadata: { room } },
      })
      await page.close()
    })

    test('a page watches, and gets what happens while the stream goes on', async () => {
      const page = await openDesk()
      await page.evaluate(beginWatch, suite.hotel)
      expect(await page.evaluate(nextRooms)).toEqual([])
      for (const number of [freshNumber(), freshNumber()]) {
        await suite.rooms.createRoom({ number })
        expect(await page.evaluate(nextRooms)).toEqual([number])
      }
      await page.close()
    })

    test('a page reads why a watch is refused', async () => {
      const page = await openDesk()
      await page.evaluate(beginWatch, 'no hotel')
      expect(await page.evaluate(nextRooms)).toMatchObject({ code: 'InvalidArgument', reason: 'INVALID_FIELD' })
      await page.close()
    })

    test('a page reads what the gateway itself refuses, and when to come again', async () => {
      const page = await openDesk('no.valid.token')
      const unknown = await page.evaluate(call, ['rooms', 'listRooms', {}] as const)
      // The address is limited too, which is known before the token is refused.
      expect(unknown).toMatchObject({ refusal: { reason: expect.stringMatching(/UNAUTHENTICATED|RATE_LIMITED/) } })
      await page.close()
      const token = await suite.token({ subject: `page by ${transport}`, tier: 'standard' })
      const limited = await openDesk(token)
      const ask = () => limited.evaluate(call, ['rooms', 'listRooms', {}] as const)
      // Several at once, since a second may pass meanwhile.
      const refused = (await Promise.all(Array.from({ length: 5 }, ask))).find(({ refusal }) => refusal)
      expect(refused).toMatchObject({ refusal: { code: 'ResourceExhausted', reason: 'RATE_LIMITED' } })
      expect(refused?.refusal?.retryAfter).toBeGreaterThan(0)
      await limited.close()
    })

    test('a page of another origin calls nothing', async () => {
      const page = await open('localhost', transport, await suite.token({ tier: 'internal' }))
      const number = freshNumber()
      const { refusal } = await page.evaluate(call, ['rooms', 'createRoom', { number }] as const)
      expect([refusal?.code, refusal?.reason]).toEqual(['Unknown', undefined])
      await page.close()
      const { rooms } = await suite.rooms.listRooms({ page_size: 500 })
      expect(rooms.map((room) => room.number)).not.toContain(number)
    })
  })
})

type Refusal = { code: string; reason?: string; metadata?: Record<string, string>; retryAfter: number }
type Desk = Record<string, Record<string, (request: object) => Promise<object>>>
type Watching = AsyncGenerator<{ changes: { room: { number: string } }[] }>

/** What the functions below, which run in the page, find there. */
declare const window: {
  desk: Desk
  watching: Watching
  refusalOf(error: unknown): Refusal
  watchRooms(desk: Desk, hotel: string, signal: AbortSignal): Watching
}

async function prepare({ url, token, transport }: { url: string; token: string; transport: string }): Promise<void> {
  const load = (name: string) => import(name)
  const { openDesk, refusalOf, watchRooms } = await load('/desk.js')
  const transports = await load('@connectrpc/connect-web')
  Object.assign(window, { desk: openDesk(url, token, transports[transport]), refusalOf, watchRooms })
}

async function call([service, method, request]: readonly [string, string, object]): Promise<{
  answer?: object
  refusal?: Refusal
}> {
  try {
    const answer = await window.desk[service]?.[method]?.(request)
    // What a page hands over is JSON, which has no numbers of 64 bits.
    return {
      answer: JSON.parse(JSON.stringify(answer, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))),
    }
  } catch (error) {
    return { refusal: window.refusalOf(error) }
  }
}

async function beginWatch(hotel: string): Promise<void> {
  window.watching = window.watchRooms(window.desk, hotel, new AbortController().signal)
}

async function nextRooms(): Promise<string[] | Refusal> {
  try {
    return (await window.watching.next()).value.changes.map(({ room }: { room: { number: string } }) => room.number)
  } catch (error) {
    return window.refusalOf(error)
  }
}

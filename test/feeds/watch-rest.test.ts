import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { DRAIN } from '@hotel/stack/servers/services'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { type Answer, beginWatch, type Form, fillWithBlocks, newHotel, type Watching, watch } from './watching.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const forms: Form[] = ['lines', 'events']
const begin = (query: Record<string, string>, form: Form, headers = {}) =>
  beginWatch(suite, { collection: 'guests', query, form, headers })
/** Goes on as a client does: again until it is answered. */
const resume = (hotel: string, cursor: string, form: Form) =>
  eventually(async () => {
    const watching = await begin({ hotel, cursor }, form)
    expect(watching.status).toBe(200)
    return watching
  })
const nextOf = async ({ answers }: Watching): Promise<Answer> => (await answers.next()).value
const namesIn = ({ changes }: Answer) => changes.map(({ guest }) => guest.first_name)
/** Once, also when the instance that it goes to first has just ended. */
const greet = (hotel: string, first_name: string) => {
  const metadata = Metadata({ 'idempotency-key': `greet-${first_name.replaceAll(' ', '-')}` })
  return eventually(() => suite.gateway.guests.createGuest({ hotel, first_name }, { metadata }))
}

test('lines by default, events for who accepts them; neither may be stored', async () => {
  const hotel = await newHotel(suite)
  const types: [accept: string | undefined, type: string][] = [
    [undefined, 'application/x-ndjson'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['*/*', 'application/x-ndjson'],
    ['text/event-stream', 'text/event-stream'],
    ['text/html, Text/Event-Stream;q=0.9', 'text/event-stream'],
  ]
  for (const [accept, type] of types) {
    const { status, headers, stop } = await begin({ hotel }, 'lines', accept === undefined ? {} : { accept })
    expect([status, headers.get('content-type')]).toEqual([200, type])
    // Nothing on the way may keep, collect or compress it.
    expect([headers.get('cache-control'), headers.get('x-accel-buffering')]).toEqual(['no-store, no-transform', 'no'])
    expect(headers.get('content-encoding')).toBeNull()
    expect(headers.get('x-request-id')).toMatch(/./)
    stop()
  }
  for (const accept of ['*/*', 'text/event-stream']) {
    const refused = await suite.rest('GET', '/guests:watch', { headers: { accept } })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/json'])
    expect(refused.json.details[0].reason).toBe('INVALID_FIELD')
  }
  expect((await suite.rest('GET', `/guests:watch/?hotel=x`)).json.details[0].metadata.fields).toBe('hotel')
  expect((await suite.rest('POST', `/guests:watch?hotel=${hotel}`)).status).toBe(405)
})

test('a stream of many megabytes arrives whole, in small answers', async () => {
  const hotel = await newHotel(suite)
  await fillWithBlocks(suite, hotel, 1_000)
  for (const form of forms) {
    const ids = new Set<string>()
    let [bytes, largest] = [0, 0]
    for await (const answer of watch(suite, { collection: 'room_blocks', query: { hotel }, form })) {
      const size = Buffer.byteLength(JSON.stringify(answer))
      bytes += size
      largest = Math.max(largest, size)
      for (const { room_block } of answer.changes) ids.add(room_block.id)
      if (ids.size === 1_000) break
    }
    expect(bytes).toBeGreaterThan(8_000_000)
    expect(largest).toBeLessThan(131_072)
  }
})

test('Last-Event-ID counts more than the query it comes with; one that is no cursor is refused', async () => {
  const hotel = await newHotel(suite)
  await greet(hotel, 'first')
  const watching = await begin({ hotel }, 'events')
  const { cursor: id } = await nextOf(watching)
  watching.stop()
  await greet(hotel, 'second')
  const queries = [{ hotel }, { hotel, from_now: 'true' }, { hotel, cursor: id.toUpperCase() }, { cursor: 'x', hotel }]
  for (const query of queries) {
    const again = await begin(query, 'events', { 'last-event-id': id })
    expect(namesIn(await nextOf(again))).toEqual(['second'])
    again.stop()
  }
  const fresh = await begin({ hotel }, 'events', { 'last-event-id': '' })
  expect(namesIn(await nextOf(fresh))).toEqual(['first', 'second'])
  fresh.stop()
  const refusals = [
    ['a&hotel=b', 'last-event-id'],
    ['<script>', 'last-event-id'],
    ['mangled', 'cursor'],
  ]
  for (const [given = '', field] of refusals) {
    const { status, json } = await suite.rest('GET', `/guests:watch?hotel=${hotel}`, {
      headers: { 'last-event-id': given, accept: 'text/event-stream' },
    })
    const [{ reason }, { field_violations }] = json.details
    expect([status, reason, field_violations[0].field]).toEqual([400, 'INVALID_FIELD', field])
  }
})

/**
 * Node's EventSource, which is a browser's and sends no token, and the server of its page, which adds one; in a process of
 * their own: this one lacks the flag.
 */
function browser(url: string): { process: ChildProcess; names: string[]; opened: () => number } {
  // What waits to connect again does not keep Node alive: the server does.
  const program = `
    const [url, authorization] = process.argv.slice(1)
    const page = http.createServer((asked, answer) => {
      const to = new URL(asked.url, url)
      http.request(to, { headers: { ...asked.headers, authorization } }, (answered) => {
        answer.writeHead(answered.statusCode, answered.headers).flushHeaders()
        stream.pipeline(answered, answer, () => {})
      }).on('error', () => answer.destroy()).end()
    }).listen(0, '127.0.0.1', () => {
      const { pathname, search } = new URL(url)
      const source = new EventSource('http://127.0.0.1:' + page.address().port + pathname + search)
      source.onopen = () => console.log('"open"')
      source.onmessage = ({ data }) => console.log(data)
    })`
  const flags = ['--experimental-eventsource', '--no-warnings', '-e', program]
  const process_ = spawn(process.execPath, [...flags, url, `Bearer ${suite.testerToken}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const names: string[] = []
  let opened = 0
  createInterface({ input: process_.stdout }).on('line', (line) => {
    const message = JSON.parse(line)
    if (message === 'open') opened += 1
    else names.push(...namesIn(message))
  })
  return { process: process_, names, opened: () => opened }
}

/** The answers that are left until the stream ends. */
async function restOf({ answers }: Watching): Promise<Answer[]> {
  return Array.fromAsync(answers)
}

test('breaks: what drains says so, what is killed is cut, nothing is begun again unasked; a browser goes on by itself', async () => {
  const [one, other] = suite.stack.services.guests.instances
  if (one === undefined || other === undefined) throw new Error('there are two instances')
  const hotel = await newHotel(suite)
  await greet(hotel, 'long before')
  await other.kill()
  const { process, names, opened } = browser(
    `http://${suite.gateway.address}/guests:watch?hotel=${hotel}&from_now=true`,
  )
  try {
    const drained = await Promise.all(forms.map((form) => begin({ hotel, from_now: 'true' }, form)))
    for (const watching of drained) expect(namesIn(await nextOf(watching))).toEqual([])
    await eventually(async () => expect(opened()).toBe(1))
    await greet(hotel, '1')
    for (const watching of drained) expect(namesIn(await nextOf(watching))).toEqual(['1'])

    await other.start()
    await one.stop(DRAIN)
    const cut: Watching[] = []
    for (const [n, watching] of drained.entries()) {
      const last = (await restOf(watching)).at(-1)
      expect(last).toMatchObject({ changes: [], error: { code: Status.UNAVAILABLE } })
      expect(last?.error?.details[0]).toMatchObject({ reason: 'UNAVAILABLE', domain: 'hotel' })
      cut.push(await resume(hotel, last?.cursor ?? '', forms[n] ?? 'lines'))
    }
    // Written while the browser is not connected: it waits some seconds before it connects again.
    await greet(hotel, '2')
    const cursors: string[] = []
    for (const watching of cut) {
      let answer = await nextOf(watching)
      while (answer.changes.length === 0) answer = await nextOf(watching)
      expect(namesIn(answer)).toEqual(['2'])
      cursors.push(answer.cursor)
    }
    await eventually(async () => expect(names).toEqual(['1', '2']), 20_000)

    await one.start()
    await other.kill()
    for (const [n, watching] of cut.entries()) {
      await expect(restOf(watching)).rejects.toThrow()
      await greet(hotel, `after ${n}`)
      const again = await resume(hotel, cursors[n] ?? '', forms[n] ?? 'lines')
      expect(namesIn(await nextOf(again))).toEqual(['after 0', 'after 1'].slice(0, n + 1))
      again.stop()
    }
    await eventually(async () => expect(names).toEqual(['1', '2', 'after 0', 'after 1']), 20_000)
    expect(opened()).toBe(3)
    await other.start()
  } finally {
    process.kill()
  }
}, 90_000)

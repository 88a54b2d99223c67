import { readFileSync } from 'node:fs'
import type { JsonObject } from '@bufbuild/protobuf'
import { type ApiMethod, readApi } from '@hotel/gateway/api'
import { readCosts } from '@hotel/runtime/access/costs'
import type { ServiceName } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Dear, Dearest } from '../costs/dear.ts'
import { dearest } from '../costs/dearest.ts'
import { fillLargeHotel, type LargeHotel } from '../costs/large-hotel.ts'
import { type Meter, meter, pidsOf } from '../costs/processor-time.ts'
import { type Told, tableOf } from '../costs/told.ts'
import { openAnyCall } from '../full-hotel/any-call.ts'
import { methods } from '../full-hotel/walk.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'

/** How many times the processor time of a GET one request of a client's limit may take. docs/performance.md */
const GETS_A_REQUEST = 60

const bytes = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))
const api = readApi(bytes)
const costs = readCosts(bytes)

let suite: Suite
let large: LargeHotel
let measure: Meter
let calls: ReturnType<typeof openAnyCall>
beforeAll(async () => {
  suite = await startSuite({ ownPostgres: true, logLevel: 'warn' })
  // It would be at work whenever it likes.
  await suite.sql('guests', 'alter system set autovacuum = off')
  await suite.sql('guests', 'select pg_reload_conf()')
  large = await fillLargeHotel(suite)
  measure = meter(pidsOf(suite.stack))
  calls = openAnyCall()
})
afterAll(async () => {
  calls?.close()
  await suite?.[Symbol.asyncDispose]()
})

type Answer = { readonly ok: boolean; readonly text: string }

/** Calls a method by the gateway over REST, which turns messages into JSON besides; what it does not route, at its service. */
async function callMethod(name: string, request: JsonObject, at?: ServiceName): Promise<Answer> {
  const routed = api.methods.find(({ path }) => path.endsWith(`.${name}`))
  if (routed?.http !== undefined && routed.kind !== 'stream') return callRest(routed.http, request)
  const { method } = methods.find((each) => each.name === name) ?? {}
  if (method === undefined) throw new Error(`there is no method ${name}`)
  const [, service] = method.parent.typeName.split('.')
  const address = suite.stack.addresses[at ?? (service as ServiceName)][0] ?? ''
  const { code, message, answer } = await calls.call(address, method, request, {
    authorization: `Bearer ${suite.testerToken}`,
  })
  return { ok: code === 'OK', text: `${code} ${message} ${JSON.stringify(answer ?? null)}` }
}

async function callRest(http: NonNullable<ApiMethod['http']>, request: JsonObject): Promise<Answer> {
  const path = http.template.replaceAll(/\{(\w+)\}/g, (_, name) => String(request[name]))
  const rest = Object.entries(request).filter(([name]) => !http.variables.includes(name))
  const query = rest.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')
  const { status, text } = http.body
    ? await suite.rest(http.verb, path, { body: Object.fromEntries(rest) })
    : await suite.rest(http.verb, `${path}?${query}`)
  return { ok: status < 300, text: `${status} ${text}` }
}

const GETS = 25
const WARM_UP = 8
/** Of a call that seems too dear: something else may have been at work in the same processes. */
const MOST_TRIES = 5

async function timeOfGets(): Promise<number> {
  const total = await measure(async () => {
    for (let n = 0; n < GETS; n++) await callMethod('GuestService/GetGuest', { id: large.guest(100 + n) })
  })
  return total / GETS
}

/** What requests were answered that should get another answer: it may cost something else. */
const unexpected: string[] = []

/**
 * The least processor time that a call was seen to take, in milliseconds; it is tried again while that is above `most`, and
 * when a service does not answer, as on a machine that others keep busy.
 */
async function timeOf(name: string, dear: Dear, most: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  let other = ''
  for (let n = 0; n < MOST_TRIES && least > most; n++) {
    const subject = dear.subject === undefined ? '' : await eventually(dear.subject, 60_000)
    let answer: Answer | undefined
    const time = await measure(async () => (answer = await callMethod(name, dear.request(subject, n), dear.at)))
    const isExpected = dear.refused === undefined ? answer?.ok : answer?.text.includes(dear.refused)
    if (isExpected) least = Math.min(least, time)
    else other = `${name} ${dear.about}: ${answer?.text.slice(0, 500)}`
  }
  if (least === Number.POSITIVE_INFINITY) unexpected.push(other)
  return least
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** How many GETs a call of a method may take. */
function mostOf(name: string): number {
  const { method } = methods.find((each) => each.name === name) ?? {}
  return GETS_A_REQUEST * (costs.get(`/${method?.parent.typeName}/${method?.name}`) ?? 1)
}

test('no method takes more of the processors than the requests that it counts as', async () => {
  const all: Dearest = dearest(suite, large)
  expect(Object.keys(all).sort()).toEqual(methods.map(({ name }) => name).sort())
  for (let n = 0; n < WARM_UP; n++) await timeOfGets()
  const gets: number[] = []
  const measured: Told[] = []
  for (const [index, [name, dears]] of Object.entries(all).entries()) {
    if (index % 4 === 0) gets.push(await timeOfGets())
    const [get, most] = [median(gets), mostOf(name)]
    for (const dear of dears)
      measured.push({ call: `${name} ${dear.about}`, gets: (await timeOf(name, dear, most * get)) / get, most })
  }
  if (process.env.SHOW_COSTS) process.stdout.write(tableOf(measured))
  expect({ unexpected, tooDear: measured.filter(({ gets, most }) => gets > most) }).toEqual({
    unexpected: [],
    tooDear: [],
  })
}, 600_000)

test('a page of availability has no more nights than is said, whatever size is asked for', async () => {
  // Later than anything is held, so that it is not the bytes of an answer that end a page.
  const year = `page_size=500&in_date=${day(100_000)}&out_date=${day(100_366)}&location=${large.location}`
  const rooms = await suite.rest('GET', `/room_availability?${year}`)
  expect([rooms.json.rooms.length, rooms.json.next_page_token]).toEqual([109, expect.stringMatching(/./)])
  const types = await suite.rest('GET', `/room_type_availability?${year}`)
  expect([types.json.room_types.length, types.json.next_page_token]).toEqual([54, expect.stringMatching(/./)])
})

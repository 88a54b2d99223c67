import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RestAnswer, type Suite, startSuite } from '../harness/test-suite.ts'
import { day, eventually } from '../support/hotel.ts'
import { waiting, whileLocked } from '../support/locks.ts'
import { type Collector, type ExportedSpan, startCollector } from './otlp-collector.ts'

const NOBODY = '01900000-0000-7000-8000-000000000000'
/** As clients make them; Envoy knows places in these to write to. */
const REQUEST = 'a2f6c1c6-5b0e-4b6e-8f77-3c1f5a6d7e8f'
const CREATE = 'hotel.reservations.v1.ReservationService/CreateReservation'
const ASK = 'hotel.feed.v1.FeedService/ListResources'
const SERVER = 2
const CLIENT = 3
const CALLERS_SPAN = 'b7ad6b7169203331'

let traces = 0
/** A trace that no other test of this file has. */
function newTrace(): string {
  traces += 1
  return `0af7651916cd43dd8448eb21${traces.toString(16).padStart(8, '0')}`
}

describe.each(['http/protobuf', 'grpc'] as const)('with a collector that takes OTLP by %s', (protocol) => {
  let collector: Collector
  let suite: Suite
  beforeAll(async () => {
    collector = await startCollector()
    suite = await startSuite({
      openTelemetry: {
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a%20secret',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    })
  })
  afterAll(async () => {
    await suite?.[Symbol.asyncDispose]()
    await collector?.[Symbol.asyncDispose]()
  })

  const traceparent = (trace: string, flags = '01') => `00-${trace}-${CALLERS_SPAN}-${flags}`
  const spansOf = (trace: string) => collector.spans.filter(({ traceId }) => traceId === trace)
  /** The one span of these properties, once it has arrived. */
  const one = (trace: string, service: string, name: string, kind: number, parent: string): Promise<ExportedSpan> =>
    eventually(async () => {
      const found = spansOf(trace).filter(
        (span) => span.service === service && span.name === name && span.kind === kind,
      )
      expect(found.map(({ parentSpanId }) => parentSpanId)).toEqual([parent])
      return found[0] as ExportedSpan
    })

  test('a REST call is one trace from the gateway to SQL, through the services that are asked', async () => {
    const trace = newTrace()
    const answer = await suite.rest('POST', '/reservations', {
      body: { guest: NOBODY, room: NOBODY, in_date: day(), out_date: day(1) },
      headers: { traceparent: traceparent(trace), 'x-request-id': REQUEST },
    })
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([400, REQUEST])
    const gateway = await one(trace, 'gateway', CREATE, SERVER, CALLERS_SPAN)
    const attempt = await one(trace, 'gateway', CREATE, CLIENT, gateway.spanId)
    const call = await one(trace, 'reservations', CREATE, SERVER, attempt.spanId)
    for (const peer of ['guests', 'rooms'] as const) {
      const answering = await eventually(async () => {
        const found = spansOf(trace).filter(
          (span) => span.service === peer && span.name === ASK && span.kind === SERVER,
        )
        expect(found).toHaveLength(1)
        return found[0] as ExportedSpan
      })
      const asking = await eventually(async () => {
        const found = spansOf(trace).filter(({ spanId }) => spanId === answering.parentSpanId)
        expect(found).toMatchObject([{ service: 'reservations', name: ASK, kind: CLIENT, parentSpanId: call.spanId }])
        return found[0] as ExportedSpan
      })
      expect(asking.attributes['rpc.status_code']).toBe('OK')
      await one(trace, peer, `select ${peer.slice(0, -1)}`, CLIENT, answering.spanId)
    }
    const sql = spansOf(trace).filter((span) => span.service === 'reservations' && 'db.system.name' in span.attributes)
    expect(sql.length).toBeGreaterThan(2)
    for (const { parentSpanId } of sql) expect(parentSpanId).toBe(call.spanId)
    for (const span of [gateway, attempt, call]) expect(span.attributes['hotel.request_id']).toBe(REQUEST)
    expect(gateway.attributes).toMatchObject({ 'http.method': 'POST', 'http.status_code': '400' })
    expect(call.attributes['rpc.status_code']).toBe('INVALID_ARGUMENT')
    for (const { key, resource } of spansOf(trace))
      expect([key, resource['deployment.environment.name']]).toEqual(['a secret', 'test'])
  })

  test('what is exported holds no name, contact, query or address of a caller', async () => {
    const trace = newTrace()
    const headers = { traceparent: traceparent(trace) }
    const body = { first_name: 'Zebedee', last_name: 'Quux', email: 'zebedee@example.org', phone: '+442079460958' }
    const guest = await suite.rest('POST', '/guests', { body, headers })
    expect(guest.status).toBe(201)
    await suite.rest('GET', '/guests?query=Zebedee', { headers })
    await suite.rest('GET', '/nothing?query=Zebedee', { headers })
    await suite.rest('PATCH', `/guests/${guest.json.id}`, { body: { phone: 'call Zebedee' }, headers })
    await eventually(async () => {
      const names = spansOf(trace).map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(['insert guest', 'select guest', 'commit', 'unknown']))
      expect(names.filter((name) => name === 'hotel.guests.v1.GuestService/UpdateGuest')).toHaveLength(3)
    })
    expect(collector.text()).not.toMatch(/zebedee|quux|2079460958/i)
    for (const { attributes } of collector.spans) expect(attributes['peer.address'] ?? '-').toBe('-')
  })

  test('Postgres sees of which trace a statement is', async () => {
    const trace = newTrace()
    const room = await suite.rest('POST', '/rooms', { body: { number: `T${traces}` } })
    let settled: Promise<RestAnswer> | undefined
    await whileLocked(suite, 'rooms', async () => {
      const changed = suite.rest('PATCH', `/rooms/${room.json.id}`, {
        body: { number: `T${traces}b` },
        headers: { traceparent: traceparent(trace) },
      })
      const [statement] = await waiting(suite, 'rooms', 'Lock')
      expect(statement).toMatch(new RegExp(`/\\*traceparent='00-${trace}-[0-9a-f]{16}-01'\\*/$`))
      settled = changed
    })
    expect((await settled)?.status).toBe(200)
  })

  test('a trace that its caller does not sample is passed on and not exported; one is begun where there is none', async () => {
    const trace = newTrace()
    await suite.rest('GET', '/guests', { headers: { traceparent: traceparent(trace, '00') } })
    const begun = await suite.rest('GET', '/rooms')
    const ids = await eventually(async () => {
      const requestId = begun.headers.get('x-request-id')
      const lines = suite.lines.filter((line) => line.includes(`"request_id":"${requestId}"`))
      expect(lines).toHaveLength(2)
      return lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))).trace_id as string)
    })
    expect(ids[0]).toBe(ids[1])
    await eventually(async () => expect(spansOf(ids[0] ?? '').map(({ service }) => service)).toContain('gateway'))
    expect(suite.lines.some((line) => line.startsWith('guests: ') && line.includes(trace))).toBe(true)
    expect(spansOf(trace)).toEqual([])
    const background = collector.spans.filter(({ name }) => /WatchHeads|ListChanges|Health/.test(name))
    expect(background).toEqual([])
  })
})

test('a collector that does not answer holds up no call and no stop', async () => {
  await using suite = await startSuite({
    openTelemetry: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '100' },
  })
  expect((await suite.rest('POST', '/guests', { body: { first_name: 'Ada' } })).status).toBe(201)
  await eventually(async () => expect(suite.lines.filter((line) => line.includes('"msg":"tracing"'))).not.toEqual([]))
  // There is something left to export when it stops.
  expect((await suite.rest('GET', '/guests')).status).toBe(200)
  await suite.stack.stop()
  expect(suite.lines.filter((line) => line.includes('by force'))).toEqual([])
})

import { withJaeger } from '@hotel/stack/observe/jaeger'
import { expect, test } from '@jest/globals'
import { startSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { startCollector } from './otlp-collector.ts'

test('with the variables of `npm start -- --observe`, gateway and service send the trace of a call to its port', async () => {
  await using collector = await startCollector()
  const variables = withJaeger(
    // A protocol for another collector, and no waiting.
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_BSP_SCHEDULE_DELAY: '100' },
    Number(new URL(collector.httpUrl).port),
  )
  await using suite = await startSuite({ openTelemetry: variables })
  const trace = '0af7651916cd43dd8448eb21c0ffee01'
  const { status } = await suite.rest('GET', '/rooms', {
    headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
  })
  expect(status).toBe(200)
  await eventually(() => {
    const from = collector.spans.filter(({ traceId }) => traceId === trace).map(({ service }) => service)
    expect(new Set(from)).toEqual(new Set(['gateway', 'rooms']))
    return Promise.resolve()
  })
})

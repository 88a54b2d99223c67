import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { findJaeger, withJaeger } from './jaeger.ts'

const { PATH } = process.env
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hotel-jaeger-'))
  await writeFile(path.join(folder, 'jaeger'), '')
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => {
  process.env.PATH = PATH
})

test('Jaeger is found on PATH; where it is not, its remedy is said', () => {
  process.env.PATH = folder
  expect(findJaeger({})).toEqual({ file: path.join(folder, 'jaeger') })
  process.env.PATH = path.join(folder, 'elsewhere')
  expect(findJaeger({})).toEqual({ missing: expect.stringContaining('`jaeger` on PATH: install Jaeger') })
})

test.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1' },
  { OTEL_SDK_DISABLED: 'true' },
  { OTEL_TRACES_EXPORTER: 'none' },
])('there is nothing for it to show, and no remedy, with %p', (openTelemetry) => {
  process.env.PATH = folder
  expect(findJaeger(openTelemetry)).toEqual({})
})

test('traces go to it over HTTP, whatever the protocol to other collectors is; the rest stays', () => {
  const given = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER_ARG: '0.1' }
  const { url, protocol, ratio } = otlpSettings(withJaeger(given, 4319)) ?? {}
  expect([url?.href, protocol, ratio]).toEqual(['http://127.0.0.1:4319/v1/traces', 'http/protobuf', 0.1])
})

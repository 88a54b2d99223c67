import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const OPEN = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  const { openTelemetry } = await import('@hotel/runtime/telemetry/telemetry')
  const { otlpSettings } = await import('@hotel/runtime/telemetry/otlp')
  const telemetry = await openTelemetry('test', { logLevel: 'silent', otlp: otlpSettings(process.env) })
  await telemetry.close()
  console.log(loaded.filter((url) => url.includes('@opentelemetry/sdk-trace')).length > 0)
`

test.each([
  ['nothing of it without a collector', {}, 'false'],
  ['its SDK with one', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 'true'],
])('of OpenTelemetry is loaded: %s', async (_, env, isLoaded) => {
  const cwd = path.join(import.meta.dirname, '..', '..', '..')
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', OPEN], { cwd, env })
  expect(stdout.trim()).toBe(isLoaded)
})

import { assertReady } from './ready.ts'
import { settingsFrom } from './settings.ts'

/** A container's health check: asks the gateway of the same container for its own and all services' health; exit code 1 says no. */
try {
  await assertReady('127.0.0.1', settingsFrom(process.env), AbortSignal.timeout(4_000))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

import { assertKeys, assertReady } from './health/ready.ts'
import { settingsFrom } from './settings.ts'

/**
 * A container's health check: asks the gateway of the same container for its own and all services' health, or with `--keys` whether it
 * has read the keys; exit code 1 says no.
 */
try {
  const [settings, signal] = [settingsFrom(process.env), AbortSignal.timeout(4_000)]
  await (process.argv.includes('--keys') ? assertKeys(settings, signal) : assertReady('127.0.0.1', settings, signal))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

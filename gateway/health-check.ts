import { settingsFrom } from './settings.ts'

/** A container's health check: asks the gateway of the same container for all services' health; exit code 1 says no. */
try {
  const { port } = settingsFrom(process.env)
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(4_000) })
  if (!response.ok) throw new Error(`/healthz says ${response.status}`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

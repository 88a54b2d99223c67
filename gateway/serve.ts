import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import { withKeys } from '@hotel/runtime/access/tokens/jwks'
import { CONSOLE } from './console/folder.ts'
import { configure, writeFiles } from './envoy/configure.ts'
import { envoyArguments, finishCalls } from './envoy-process.ts'
import { serveHealth } from './health/health-server.ts'
import { drainSecondsFrom, settingsFrom } from './settings.ts'

/**
 * The gateway where it has a container: makes Envoy's configuration from the environment, runs the `envoy` on PATH, and
 * gives calls in flight their time when asked to stop. It ends as Envoy ends, so that its supervisor can start it again.
 */
async function main(): Promise<void> {
  const settings = settingsFrom(process.env)
  withKeys(settings.auth)
  const drainSeconds = drainSecondsFrom(process.env)
  const folder = path.join(tmpdir(), 'gateway')
  const descriptorSet = await readFile(path.join(import.meta.dirname, '..', 'proto', 'gen', 'api.binpb'))
  await writeFiles(folder, await configure({ descriptorSet, settings, console: CONSOLE }))
  await using _health = await serveHealth(folder, settings.adminPort)
  const threads = Math.max(2, availableParallelism())
  const envoy = spawn('envoy', envoyArguments(threads, drainSeconds), { cwd: folder, stdio: 'inherit' })
  const stop = async () => {
    await finishCalls(settings.adminPort, drainSeconds).catch(() => {})
    envoy.kill('SIGTERM')
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
  const [code] = await once(envoy, 'exit')
  process.exitCode = code ?? 1
}

main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})

import { rm } from 'node:fs/promises'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import { type GatewayOptions, prepareGateway } from '@hotel/stack/servers/gateway'
import type { Stack } from '@hotel/stack/stack'
import { testFolder } from './test-cluster.ts'

/** Limits of a gateway that is a test file's own. */
export type OwnGateway = Pick<
  GatewayOptions,
  | 'requestsPerSecond'
  | 'statusChangesPerMinute'
  | 'rateLimitService'
  | 'drainSeconds'
  | 'maxConnections'
  | 'corsOrigins'
  | 'consoleOidc'
>

/** Starts a gateway with limits of its own before the services of a stack; `write` takes what it writes. */
export async function startOwnGateway(
  { addresses, issuer }: Stack,
  limits: OwnGateway,
  write: (line: string) => void,
): Promise<{ readonly gateway: NonNullable<Stack['gateway']>; stop(): Promise<void> }> {
  await using started = new AsyncDisposableStack()
  const folder = await testFolder()
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const runFile = await claim(folder)
  started.defer(() => runFile.close())
  const ports = { gateway: await freePort(), envoyAdmin: await freePort() }
  const gateway = await prepareGateway(
    { ...limits, dataDir: folder, concurrency: 1 },
    ports,
    addresses,
    { env: issuer?.env ?? {}, issuer },
    {
      runFile,
      log: (name, line) => write(`${name}: ${line}`),
      say: write,
      restart: false,
      signal: new AbortController().signal,
    },
  ).start()
  started.defer(() => gateway.process.stop())
  const all = started.move()
  return { gateway, stop: () => all.disposeAsync() }
}

import { rm } from 'node:fs/promises'
import { freePort } from './ports.ts'
import { claim } from './run-file.ts'
import { type GatewayOptions, type Stack, startGateway } from './stack.ts'
import { testFolder } from './test-cluster.ts'

/** Limits of a gateway that is a test file's own. */
export type OwnGateway = Pick<
  GatewayOptions,
  'requestsPerSecond' | 'statusChangesPerMinute' | 'maxConnections' | 'corsOrigins'
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
  const gateway = await startGateway(
    { ...limits, dataDir: folder, concurrency: 1 },
    ports,
    addresses,
    issuer?.env ?? {},
    {
      runFile,
      log: (name, line) => write(`${name}: ${line}`),
      say: write,
      restart: false,
      signal: new AbortController().signal,
    },
  )
  started.defer(() => gateway.process.stop())
  const all = started.move()
  return { gateway, stop: () => all.disposeAsync() }
}

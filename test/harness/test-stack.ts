import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { perService, type ServiceName } from '@hotel/stack/service-names'
import { type Stack, startStack } from '@hotel/stack/stack'
import type { StackOptions } from '@hotel/stack/stack-options'
import { cloneDatabases, dropDatabases, type TestCluster, testFolder } from './test-cluster.ts'

/** What a test asks for besides: instances, limits, clock, no Redis, no gateway, settings of a service. */
export type TestStackOptions = Pick<
  StackOptions,
  | 'instances'
  | 'env'
  | 'clockFile'
  | 'redis'
  | 'gateway'
  | 'requestsPerSecond'
  | 'statusChangesPerMinute'
  | 'maxConnections'
  | 'corsOrigins'
  | 'consoleOidc'
  | 'restart'
  | 'drainSeconds'
  | 'logLevel'
  | 'openTelemetry'
  | 'auth'
> & {
  /** A Postgres of the stack's own, which keeps what it says is committed, to be stopped and killed. */
  readonly ownPostgres?: boolean
  /** The administrator's URL of a server of the test's own, on which nobody else has databases. */
  readonly server?: string
}

/** A stack on databases of its own. */
export type TestStack = {
  readonly stack: Stack
  /** URL of a service's database as the administrator. */
  adminUrl(service: ServiceName): string
  /** Where it keeps its data, and its secrets. */
  readonly folder: string
}

/** Starts it in a new folder, with nothing left of it after `stop`; `write` takes what its processes write. */
export async function startTestStack(
  cluster: TestCluster,
  { server: given, ownPostgres = given !== undefined, ...options }: TestStackOptions,
  write: (line: string) => void,
): Promise<TestStack & { stop(): Promise<void> }> {
  await using started = new AsyncDisposableStack()
  const id = randomBytes(6).toString('hex')
  const folder = await testFolder()
  started.defer(() => rm(folder, { recursive: true, force: true }))
  if (!ownPostgres) started.defer(() => dropDatabases(cluster, id))
  const stack = await startStack({
    ...options,
    dataDir: folder,
    ...(given !== undefined && { adminUrls: perService(() => given) }),
    ...(ownPostgres ? {} : { databaseUrls: await cloneDatabases(cluster, id) }),
    concurrency: 1,
    log: (name, line) => write(`${name}: ${line}`),
    say: write,
  })
  started.defer(() => stack.stop())
  const server = given ?? stack.postgres?.url ?? cluster.adminUrl
  const all = started.move()
  return {
    stack,
    adminUrl: (service) => databaseUrl(server, ownPostgres ? service : `${service}_${id}`),
    folder,
    stop: () => all.disposeAsync(),
  }
}

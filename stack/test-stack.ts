import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { databaseUrl } from './provision.ts'
import type { ServiceName } from './service-names.ts'
import { type Stack, type StackOptions, startStack } from './stack.ts'
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
  | 'restart'
  | 'drainSeconds'
  | 'logLevel'
  | 'openTelemetry'
  | 'auth'
> & {
  /** A Postgres of the stack's own, which keeps what it says is committed, to be stopped and killed. */
  readonly ownPostgres?: boolean
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
  { ownPostgres = false, ...options }: TestStackOptions,
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
    ...(ownPostgres ? {} : { databaseUrls: await cloneDatabases(cluster, id) }),
    concurrency: 1,
    log: (name, line) => write(`${name}: ${line}`),
    say: write,
  })
  started.defer(() => stack.stop())
  const server = stack.postgres?.url ?? cluster.adminUrl
  const all = started.move()
  return {
    stack,
    adminUrl: (service) => databaseUrl(server, ownPostgres ? service : `${service}_${id}`),
    folder,
    stop: () => all.disposeAsync(),
  }
}

import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Client, QueryResultRow } from 'pg'
import { type Clients, createClients } from './clients.ts'
import type { Claims } from './issuer.ts'
import { CLUSTER_VARIABLE } from './jest-setup.ts'
import { administer, databaseUrl } from './provision.ts'
import { allScopes } from './scopes.ts'
import { perService, type ServiceName } from './service-names.ts'
import { type Stack, type StackOptions, startStack } from './stack.ts'
import { cloneDatabases, dropDatabases, type TestCluster, testFolder } from './test-cluster.ts'

/** What a test asks for besides: instances, limits, clock, no Redis, no gateway, settings of a service. */
export type SuiteOptions = Pick<
  StackOptions,
  | 'instances'
  | 'env'
  | 'clockFile'
  | 'redis'
  | 'gateway'
  | 'requestsPerSecond'
  | 'statusChangesPerMinute'
  | 'maxConnections'
  | 'restart'
  | 'drainSeconds'
  | 'logLevel'
  | 'openTelemetry'
  | 'auth'
> & {
  /** A Postgres of the suite's own, which keeps what it says is committed, to be stopped and killed. */
  readonly ownPostgres?: boolean
  /** What the clients call with when the suite accepts another issuer's tokens. */
  readonly testerToken?: string
}

export type RestAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, parsed; undefined when it is no JSON. Tests know its shape. */
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into an answer of another shape.
  readonly json: any
}

/** Whom the suite's own clients, and `rest`, call as. */
export const TESTER = 'tester'

/** The suite under test, of one test file's own; the clients go straight to the services. */
export type Suite = Clients &
  AsyncDisposable & {
    readonly stack: Stack
    /** The same clients through the gateway. */
    readonly gateway: Clients & { readonly address: string }
    /** What they all call with: the tester may do everything, in every hotel. */
    readonly testerToken: string
    /** Makes a token, as the tester's where nothing else is said. */
    token(claims?: Partial<Claims>): Promise<string>
    /** Clients with this token, straight to the services, and through the gateway; the suite closes them. */
    clientsWith(token: string | undefined): { readonly direct: Clients; readonly gateway: Clients }
    /** A request through the gateway, with the tester's token or another, or none; a body that is no string is sent as JSON. */
    rest(
      method: string,
      path: string,
      options?: { body?: unknown; headers?: Record<string, string>; token?: string | undefined },
    ): Promise<RestAnswer>
    /** Runs a statement in a service's database as the administrator; gives the rows. */
    sql<Row extends QueryResultRow>(service: ServiceName, text: string, params?: readonly unknown[]): Promise<Row[]>
    /** URL of a service's database as the administrator. */
    adminUrl(service: ServiceName): string
    /** Where the suite keeps its data, and its secrets. */
    readonly folder: string
    /** What the processes have written so far, for the report of a failure. */
    readonly lines: readonly string[]
  }

/** Starts the suite with databases of its own, without limits unless they are asked for. */
export async function startSuite(options: SuiteOptions = {}): Promise<Suite> {
  await using started = new AsyncDisposableStack()
  const cluster = readCluster()
  const id = randomBytes(6).toString('hex')
  const folder = await testFolder()
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const lines: string[] = []
  const { ownPostgres = false } = options
  if (!ownPostgres) started.defer(() => dropDatabases(cluster, id))
  const log = (name: string, line: string) => void lines.push(`${name}: ${line}`)
  const stack = await startStack({
    ...options,
    dataDir: folder,
    ...(ownPostgres ? {} : { databaseUrls: await cloneDatabases(cluster, id) }),
    concurrency: 1,
    log,
    say: (line) => lines.push(line),
  })
  started.defer(() => stack.stop())
  const token = (claims: Partial<Claims> = {}) => mintFor(stack, claims)
  const testerToken = options.testerToken ?? (await token())
  const address = `127.0.0.1:${stack.gateway?.port ?? 0}`
  const clientsWith = (given: string | undefined) => {
    const direct = createClients(
      perService((name) => stack.addresses[name][0] ?? ''),
      given,
    )
    const through = createClients(
      perService(() => address),
      given,
    )
    dispose.defer(direct.close)
    dispose.defer(through.close)
    return { direct: direct.clients, gateway: through.clients }
  }
  const dispose = started.move()
  const clients = clientsWith(testerToken)
  const adminUrl = (service: ServiceName) =>
    databaseUrl(stack.postgres?.url ?? cluster.adminUrl, ownPostgres ? service : `${service}_${id}`)
  return {
    ...clients.direct,
    stack,
    gateway: { ...clients.gateway, address },
    testerToken,
    token,
    clientsWith,
    rest: (method, path, request = {}) => rest(`http://${address}${path}`, method, { token: testerToken, ...request }),
    sql: (service, text, params = []) => administer(adminUrl(service), (client) => rows(client, text, params)),
    adminUrl,
    folder,
    lines,
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  }
}

/** A token of the stack's own issuer; of one who may do all, unless the claims say otherwise. */
export function mintFor({ issuer }: Stack, claims: Partial<Claims>): Promise<string> {
  if (issuer === undefined) throw new Error('the suite accepts the tokens of another issuer: sign them with its key')
  return issuer.mint({ subject: TESTER, scopes: allScopes, hotels: ['*'], ttlSeconds: 3_600, ...claims })
}

function readCluster(): TestCluster {
  const text = process.env[CLUSTER_VARIABLE]
  if (text === undefined) throw new Error('no test cluster: run the tests by `npm test`')
  const cluster = JSON.parse(text) as TestCluster
  if (cluster.failure !== undefined) throw new Error(cluster.failure)
  return cluster
}

async function rows<Row extends QueryResultRow>(
  client: Client,
  text: string,
  params: readonly unknown[],
): Promise<Row[]> {
  return (await client.query<Row>(text, [...params])).rows
}

async function rest(
  url: string,
  method: string,
  { body, headers = {}, token }: { body?: unknown; headers?: Record<string, string>; token?: string | undefined },
): Promise<RestAnswer> {
  const isJson = body !== undefined && typeof body !== 'string'
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : String(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

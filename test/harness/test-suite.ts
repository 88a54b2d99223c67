import { connectionOf } from '@hotel/runtime/database/database-url'
import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import type { Claims } from '@hotel/stack/identity/issuer'
import { allScopes } from '@hotel/stack/identity/scopes'
import { administer } from '@hotel/stack/servers/administer'
import { perService, type ServiceName } from '@hotel/stack/service-names'
import type { Stack } from '@hotel/stack/stack'
import { Pool, type QueryResultRow } from 'pg'
import { borrowStack } from './borrowed-stack.ts'
import { type Clients, createClients } from './clients.ts'
import { type OwnGateway, startOwnGateway } from './own-gateway.ts'
import type { Kind } from './suite-pool.ts'
import { CLUSTER_VARIABLE, POOL_VARIABLE, type TestCluster } from './test-cluster.ts'
import { startTestStack, type TestStack, type TestStackOptions } from './test-stack.ts'

/** What a test asks for besides. */
export type SuiteOptions = TestStackOptions & {
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

/** Of a test file to each database, as the administrator. */
const MOST_CONNECTIONS = 20

/** The suite under test; the clients go straight to the services. */
export type Suite = Clients &
  AsyncDisposable & {
    readonly stack: Stack
    /** The same clients through the gateway. */
    readonly gateway: Clients & { readonly address: string }
    /** What they all call with: the tester may do everything, in every hotel or in the one of a shared suite. */
    readonly testerToken: string
    /** The hotel of whom names none. */
    readonly hotel: string
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
    /** The same through another gateway, at this `host:port`. */
    restAt(address: string): Suite['rest']
    /** Runs a statement in a service's database as the administrator; gives the rows. */
    sql<Row extends QueryResultRow>(service: ServiceName, text: string, params?: readonly unknown[]): Promise<Row[]>
    /** URL of a service's database as the administrator. */
    adminUrl(service: ServiceName): string
    /** The file with the seconds by which the services' clock is off, where they go by one. */
    readonly clockFile: string | undefined
    /** Where the suite keeps its data, and its secrets. */
    readonly folder: string
    /** What the processes have written so far, for the report of a failure. */
    readonly lines: readonly string[]
  }

/** What is asked of a shared suite: which, whose the tester is, and a gateway of its own with these limits. */
export type SharedSuiteOptions = Kind & OwnGateway & { readonly hotels?: 'own' | 'every' }

/** Starts the suite with databases of its own, without limits unless they are asked for. */
export async function startSuite({ testerToken, ...options }: SuiteOptions = {}): Promise<Suite> {
  const lines: string[] = []
  const started = await startTestStack(readCluster(), options, (line) => lines.push(line))
  const token = testerToken ?? (await mintFor(started.stack, {}))
  // A connection for each statement: tests stop the server, and put other databases in place of these.
  const sql: Suite['sql'] = (service, text, params = []) =>
    administer(started.adminUrl(service), async (client) => (await client.query(text, [...params])).rows)
  const given = { ...started, sql, clockFile: options.clockFile, lines: () => lines }
  return suiteOf(given, DEFAULT_HOTEL, token, ['*'], started.stop)
}

/**
 * A started suite that other files had before and get afterwards: for tests that leave everything running, and set nothing
 * for good. The tester is of a new hotel with one location, or of every hotel: what others made is in those.
 */
export async function sharedSuite({
  hotels = 'own',
  replicas = 1,
  clock = false,
  ...limits
}: SharedSuiteOptions = {}): Promise<Suite> {
  readCluster()
  await using closing = new AsyncDisposableStack()
  const borrowed = await borrowStack(process.env[POOL_VARIABLE] ?? '', { replicas, clock })
  closing.defer(borrowed.giveBack)
  let { stack } = borrowed
  const lines: string[] = []
  if (Object.keys(limits).length > 0) {
    const { gateway, stop } = await startOwnGateway(stack, limits, (line) => lines.push(line))
    closing.defer(stop)
    stack = { ...stack, gateway }
  }
  const hotel = hotels === 'own' ? await newHotel(stack) : DEFAULT_HOTEL
  const testersHotels = hotels === 'own' ? [hotel] : ['*']
  const testerToken = await mintFor(stack, { hotels: testersHotels })
  const sql = keptConnections(borrowed.adminUrl, closing)
  const all = closing.move()
  const given = { ...borrowed, stack, sql, lines: () => [...borrowed.lines(), ...lines] }
  return suiteOf(given, hotel, testerToken, testersHotels, () => all.disposeAsync())
}

/** Runs statements as the administrator on connections that are kept until the end. */
function keptConnections(adminUrl: TestStack['adminUrl'], closing: AsyncDisposableStack): Suite['sql'] {
  const pools = perService((service) => new Pool({ ...connectionOf(adminUrl(service)), max: MOST_CONNECTIONS }))
  for (const pool of Object.values(pools)) {
    pool.on('error', () => {})
    closing.defer(() => pool.end())
  }
  return async (service, text, params = []) => (await pools[service].query(text, [...params])).rows
}

/** A hotel with a location, as the default one is. */
async function newHotel(stack: Stack): Promise<string> {
  const { clients, close } = createClients(
    perService((name) => stack.addresses[name][0] ?? ''),
    await mintFor(stack, {}),
  )
  try {
    const { id: hotel } = await clients.hotels.createHotel({ name: 'Hotel' })
    await clients.locations.createLocation({ hotel, name: 'Main', time_zone: 'UTC' })
    return hotel
  } finally {
    close()
  }
}

function suiteOf(
  {
    stack,
    adminUrl,
    sql,
    folder,
    clockFile,
    lines,
  }: TestStack & Pick<Suite, 'sql' | 'clockFile'> & { lines(): readonly string[] },
  hotel: string,
  testerToken: string,
  hotels: readonly string[],
  stop: () => Promise<void>,
): Suite {
  const dispose = new AsyncDisposableStack()
  dispose.defer(stop)
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
  const clients = clientsWith(testerToken)
  const restAt =
    (at: string): Suite['rest'] =>
    (method, path, request = {}) =>
      rest(`http://${at}${path}`, method, { token: testerToken, ...request })
  return {
    ...clients.direct,
    stack,
    gateway: { ...clients.gateway, address },
    testerToken,
    hotel,
    token: (claims = {}) => mintFor(stack, { hotels, ...claims }),
    clientsWith,
    rest: restAt(address),
    restAt,
    sql,
    adminUrl,
    clockFile,
    folder,
    get lines() {
      return lines()
    },
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

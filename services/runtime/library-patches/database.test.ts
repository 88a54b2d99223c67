import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { createSecureContext, TLSSocket } from 'node:tls'
import { afterEach, expect, jest, test } from '@jest/globals'
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql'
import { CompiledQuery, Kysely, PostgresDialect, type PostgresDialectConfig } from 'kysely'
import pg from 'pg'
import { CLUSTER_VARIABLE, type TestCluster } from '../../../test/harness/test-cluster.ts'
import { newAuthority } from '../../../test/running/certificates.ts'
import { eventually } from '../../../test/support/hotel.ts'

// Kysely, the ORM and pg as they are, without what this folder adds: a test that fails, or whose types do, says that its patch is
// needed no more.

const { adminUrl } = JSON.parse(process.env[CLUSTER_VARIABLE] ?? '') as TestCluster

const closing = new Set<() => unknown>()
afterEach(async () => {
  jest.restoreAllMocks()
  for (const close of closing) await close()
  closing.clear()
})

/** Kysely on a pool of one connection. */
function kyselyOn(pool: pg.Pool, more: Partial<PostgresDialectConfig> = {}) {
  pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined))
  return new Kysely({ dialect: new PostgresDialect({ pool, ...more }) })
}
const onePool = () => new pg.Pool({ connectionString: adminUrl, max: 1 })

/** Rows of a statement, on a connection that comes and goes. */
async function rowsOf(text: string): Promise<unknown[]> {
  const client = new pg.Client(adminUrl)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('kysely/lost-connections: a transaction that can not begin keeps its connection', async () => {
  const pool = onePool()
  pool.on('acquire', (client) => void client.connection.stream.destroy())
  await expect(kyselyOn(pool).startTransaction().execute()).rejects.toThrow('terminated')
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 0])
})

test('kysely/aborted-statements: what comes of an aborted statement is printed', async () => {
  const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const db = kyselyOn(onePool())
  closing.add(() => db.destroy())
  const giving = new AbortController()
  const options = { signal: giving.signal, inflightQueryAbortStrategy: 'cancel query' } as const
  const asked = db.executeQuery(CompiledQuery.raw('select pg_sleep(60) as of_kysely'), options)
  const refused = expect(asked).rejects.toThrow('aborted')
  await eventually(async () =>
    expect(await rowsOf("select from pg_stat_activity where query like 'select pg_sleep(60) as of_k%'")).toHaveLength(
      1,
    ),
  )
  giving.abort()
  await refused
  await eventually(async () => expect(printed.mock.calls.join()).toContain('canceling statement'))
})

test('kysely/aborted-statements: one that ends before it can be cancelled is an error that is printed', async () => {
  const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const holder = new pg.Client(adminUrl)
  await holder.connect()
  closing.add(() => holder.end())
  await holder.query('select pg_advisory_lock(20)')
  const pool = onePool()
  const connected = once(pool, 'connect') as Promise<[pg.PoolClient]>
  class Late extends pg.Client {
    override async connect() {
      const [client] = await connected
      const over = once(client, 'drain')
      await holder.query('select pg_advisory_unlock(20)')
      await over
      return await super.connect()
    }
  }
  const db = kyselyOn(pool, { controlClient: Late as never })
  closing.add(() => db.destroy())
  const giving = new AbortController()
  const options = { signal: giving.signal, inflightQueryAbortStrategy: 'cancel query' } as const
  const asked = db.executeQuery(CompiledQuery.raw('select pg_advisory_lock(20)'), options)
  const refused = expect(asked).rejects.toThrow('aborted')
  await eventually(async () =>
    expect(await rowsOf("select from pg_locks where locktype = 'advisory' and not granted")).toHaveLength(1),
  )
  giving.abort()
  await refused
  await eventually(async () => expect(printed.mock.calls.join()).toContain("reading 'queryId'"))
})

test('kysely/closing: a pool that ends behind an aborted statement is lost to Kysely', async () => {
  const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const db = kyselyOn(onePool())
  const giving = new AbortController()
  const asked = db.executeQuery(CompiledQuery.raw('select 1'), { signal: giving.signal })
  const refused = expect(asked).rejects.toThrow('aborted')
  await setImmediate()
  giving.abort()
  await refused
  // It does not end.
  void db.destroy()
  await eventually(async () => expect(printed.mock.calls.join()).toContain("reading 'Client'"))
})

test('mikro-orm/bound-parameters: values are written into the text of a statement', async () => {
  const orm = new MikroORM({ clientUrl: adminUrl, entities: [], discovery: { warnWhenNoEntities: false } })
  closing.add(() => orm.close())
  const text = 'select ?::text as said, query from pg_stat_activity where pid = pg_backend_pid()'
  expect(await orm.em.execute(text, ['a secret'])).toMatchObject([{ query: expect.stringContaining("'a secret'") }])
  // @ts-expect-error: the manager's signal is for its own statements.
  expect((orm.em as EntityManager).getAbortOptions).toBeDefined()
})

test('pg/pipeline: the pipeline mode of a connection is not to be switched', async () => {
  const client = new pg.Client(adminUrl)
  expect(client.pipeline).toBe(false)
  // @ts-expect-error: it is what the connection was made with.
  client.pipeline = false
})

test('pg/socket-to: of several hosts no client finds the one that answers', async () => {
  const { username, password, host } = new URL(adminUrl)
  const connect = async () => {
    const client = new pg.Client(`postgresql://${username}:${password}@127.0.0.1:1,${host}/postgres`)
    closing.add(() => client.end().catch(() => undefined))
    await client.connect()
  }
  await expect(connect()).rejects.toThrow()
})

test('pg/cancelling: a statement takes no signal, and a spread of the options of a pool no password', async () => {
  const pool = onePool()
  closing.add(() => pool.end())
  const aborted = { text: 'select 1 as one', signal: AbortSignal.abort() }
  expect((await pool.query(aborted)).rows).toEqual([{ one: 1 }])
  const withPassword = new pg.Pool({ password: 'secret' })
  expect({ ...withPassword.options }).not.toHaveProperty('password')
  // @ts-expect-error: it is not documented.
  expect(new pg.Client(adminUrl).processID).toBeNull()
})

test('pg/address-in-certificate: the ORM has a pg that checks a server at an address as localhost', async () => {
  const authority = newAuthority('test')
  const secureContext = createSecureContext(authority.serve('127.0.0.1'))
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // The answer to a request for TLS, and then TLS.
    socket.once('data', () => {
      socket.write('S')
      const secured = new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined)
      // A client that has found the certificate right is left.
      secured.once('secure', () => secured.destroy())
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.add(() => server.close())
  const ofOrm = createRequire(createRequire(import.meta.url).resolve('@mikro-orm/postgresql/package.json'))(
    'pg',
  ) as typeof pg
  const { port } = server.address() as AddressInfo
  const client = new ofOrm.Client({ host: '127.0.0.1', port, ssl: { ca: authority.ca } })
  await expect(client.connect()).rejects.toThrow('Host: localhost. is not')
})

test('pg/untyped: the types of a connection and of a statement lack what these have', async () => {
  const client = new pg.Client(adminUrl)
  await client.connect()
  closing.add(() => client.end())
  // @ts-expect-error: it is not in the types.
  expect(client.connection.parsedStatements).toEqual({})
  // @ts-expect-error: the types demand an argument more.
  const execute = () => client.connection.execute()
  // @ts-expect-error: the types know no limit of one statement.
  const within: pg.QueryConfig = { text: 'select pg_sleep(60)', query_timeout: 1 }
  expect(execute).toBeDefined()
  await expect(client.query(within)).rejects.toThrow('Query read timeout')
})

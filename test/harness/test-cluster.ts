import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readSecrets, type Secrets } from '@hotel/stack/identity/secrets'
import { freePort } from '@hotel/stack/run/ports'
import { claim, isOwned } from '@hotel/stack/run/run-file'
import { administer } from '@hotel/stack/servers/administer'
import { startPostgres } from '@hotel/stack/servers/postgres/postgres'
import { type Access, migrate, ownerOf, provision, restrictDatabase, serviceUrl } from '@hotel/stack/servers/provision'
import { type PerService, perService, perServiceAsync, type ServiceName } from '@hotel/stack/service-names'

/** The name under which a test file finds the cluster. */
export const CLUSTER_VARIABLE = 'HOTEL_TEST_CLUSTER'
/** The name under which it finds where started stacks are lent. */
export const POOL_VARIABLE = 'HOTEL_TEST_POOL'

/** Where the tests' server is; handed from jest's setup to the test files. */
export type TestCluster = {
  readonly adminUrl: string
  readonly secrets: Secrets
  /** Why there are no templates to clone. */
  readonly failure?: string
}

const PREFIX = 'hotel-test-'

/** A new folder for a test's data, which a later run removes if this one is killed. */
export function testFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), PREFIX))
}

/** Starts the one Postgres of a test run, with a migrated database of each service to clone; its folder goes with it. */
export async function startTestCluster(): Promise<{
  cluster: TestCluster
  folder: string
  stop: () => Promise<void>
}> {
  await removeAbandoned()
  const folder = await testFolder()
  const runFile = await claim(folder)
  const secrets = await readSecrets(folder)
  const lines: string[] = []
  const postgres = await startPostgres({
    data: path.join(folder, 'postgres'),
    port: await freePort(),
    password: secrets.postgres,
    durable: false,
    around: {
      runFile,
      log: (_, line) => lines.push(line),
      say: () => {},
      restart: false,
      signal: new AbortController().signal,
    },
  })
  const adminUrl = postgres.url
  const failure = await makeTemplates(adminUrl, secrets).then(
    () => undefined,
    (error: Error) => error.message,
  )
  return {
    cluster: { adminUrl, secrets, ...(failure === undefined ? {} : { failure }) },
    folder,
    async stop() {
      await postgres.process.stop()
      runFile.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Databases of one test file's own: their URLs as the services' roles, and as the administrator. */
export async function cloneDatabases({ adminUrl, secrets }: TestCluster, id: string): Promise<PerService<string>> {
  return perServiceAsync(async (service) => {
    const database = `${service}_${id}`
    await administer(adminUrl, async (client) => {
      const owner = ownerOf(service)
      // Copying files is the faster way while nothing is synced to disk.
      await client.query(`create database ${database} owner ${owner} template template_${service} strategy file_copy`)
      await restrictDatabase(client, service, database)
    })
    return serviceUrl(accessTo(service, adminUrl, secrets), database)
  })
}

/** Removes the databases of a test file, whoever is connected. */
export async function dropDatabases({ adminUrl }: TestCluster, id: string): Promise<void> {
  await administer(adminUrl, async (client) => {
    for (const service of Object.keys(perService(() => '')))
      await client.query(`drop database ${service}_${id} with (force)`)
  })
}

async function makeTemplates(adminUrl: string, secrets: Secrets): Promise<void> {
  await perServiceAsync(async (service) => {
    const access = accessTo(service, adminUrl, secrets)
    await provision(access, `template_${service}`)
    await migrate(access, 'UTC', `template_${service}`)
  })
}

function accessTo(service: ServiceName, adminUrl: string, secrets: Secrets): Access {
  return {
    service,
    adminUrl,
    ownerPassword: secrets.owners[service],
    servicePassword: secrets.services[service],
  }
}

/** Ends and removes what runs that were killed have left behind. */
async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX))
  for (const folder of names.map((name) => path.join(tmpdir(), name))) {
    if (isOwned(folder)) continue
    // Another user's is that user's to remove.
    await claim(folder).then(
      () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
      () => {},
    )
  }
}

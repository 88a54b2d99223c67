import { randomBytes } from 'node:crypto'
import { distribute } from '@hotel/stack/distribute/distribute'
import { administer } from '@hotel/stack/servers/administer'
import { migrate, provision } from '@hotel/stack/servers/provision'
import { perService, serviceNames } from '@hotel/stack/service-names'

/** The coordinator for the tests, as its administrator; undefined without one. Nobody else's databases are on it. */
export const citusUrl = process.env.CITUS_URL || undefined
const workers = process.env.CITUS_WORKERS?.split(',') ?? []

/** Makes the services' databases on it, distributed; gives what each run has said, of two. */
export async function makeDistributed(adminUrl: string): Promise<string[][]> {
  const passwords = perService(() => randomBytes(16).toString('hex'))
  await demandEmpty(adminUrl)
  for (const service of serviceNames) {
    const access = { service, adminUrl, ownerPassword: passwords[service], servicePassword: passwords[service] }
    await provision(access)
    await migrate(access, 'UTC')
  }
  const run = async () => {
    const said: string[] = []
    for (const service of serviceNames)
      said.push(await distribute(service, adminUrl, { coordinator: undefined, workers }))
    return said
  }
  return [await run(), await run()]
}

/** Drops the services' databases, on all nodes. */
export async function dropDistributed(adminUrl: string): Promise<void> {
  for (const node of [new URL(adminUrl).host, ...workers]) {
    const url = new URL(adminUrl)
    url.host = node
    await administer(url.href, async (client) => {
      for (const service of serviceNames) await client.query(`drop database if exists ${service} with (force)`)
    })
  }
}

async function demandEmpty(adminUrl: string): Promise<void> {
  await administer(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where datname = any($1)',
      [[...serviceNames]],
    )
    if (rows.length > 0)
      throw new Error(
        `CITUS_URL names a server that has the database ${rows[0]?.datname}: give one for tests only, as its databases are dropped`,
      )
  })
}

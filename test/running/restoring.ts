import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { administer } from '@hotel/stack/servers/administer'
import type { ServiceName } from '@hotel/stack/service-names'
import type { Suite } from '../harness/test-suite.ts'

const DOCS = path.join(import.meta.dirname, '..', '..', 'docs', 'operating.md')

/** A backup of a service's database, taken while the services run, under a name of its own. */
export async function backUp(suite: Suite, service: ServiceName) {
  const database = databaseOf(suite, service)
  const backup = `${database}_restored`
  // A copy by the server, of a database that nobody uses at the moment.
  await asAdministrator(suite, service, [
    `alter database ${database} allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
    `create database ${backup} template ${database} owner ${service}_owner`,
    `alter database ${database} allow_connections true`,
  ])
  const drop = (name: string) => `drop database if exists ${name} with (force)`
  return {
    /** Restores it as docs/operating.md says, word by word but for the names of databases. */
    async restore() {
      const steps = await documentedSteps(service, database)
      await administer(urlOf(suite, service, backup), (client) => client.query(steps.epoch))
      await asAdministrator(suite, service, steps.swap)
    },
    [Symbol.asyncDispose]: () => asAdministrator(suite, service, [drop(backup), drop(`${database}_lost`)]),
  }
}

/** The statements of the chapter about restoring, for this service and the name that its database has here. */
async function documentedSteps(service: ServiceName, database: string) {
  const [, chapter = ''] = (await readFile(DOCS, 'utf8')).split('## Restoring a database from a backup')
  const [, epoch] = /--command="(update [^"]+)"/.exec(chapter) ?? []
  const [, block] = /```sql\n([\s\S]+?)```/.exec(chapter) ?? []
  if (epoch === undefined || block === undefined) throw new Error('docs/operating.md does not say how to restore')
  const here = (text: string) =>
    text
      .replaceAll('rooms', service)
      .replaceAll(new RegExp(`(database |datname = '|rename to )${service}`, 'g'), `$1${database}`)
  const statements = block.split(/^--.*$|;\n/m).map((text) => text.trim())
  return { epoch: here(epoch), swap: statements.filter((text) => text !== '').map(here) }
}

/** Each statement by itself, from outside of the database. */
function asAdministrator(suite: Suite, service: ServiceName, statements: readonly string[]): Promise<void> {
  return administer(urlOf(suite, service, 'postgres'), async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

function databaseOf(suite: Suite, service: ServiceName): string {
  return new URL(suite.adminUrl(service)).pathname.slice(1)
}

function urlOf(suite: Suite, service: ServiceName, database: string): string {
  const url = new URL(suite.adminUrl(service))
  url.pathname = `/${database}`
  return url.href
}

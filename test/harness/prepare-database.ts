import { nodeProgram } from '@hotel/stack/run/node-program'
import type { ServiceName } from '@hotel/stack/service-names'
import { run } from '../../stack/setup/run.mjs'
import type { Suite } from './test-suite.ts'

/**
 * Runs the job of deploy/kubernetes/database for a service, as one of a build that has other functions: all of its SQL is
 * applied again. Throws what it says when it fails.
 */
export async function prepareDatabase(suite: Suite, name: ServiceName, adminUrl: string): Promise<void> {
  await suite.sql(name, `comment on schema ${name} is null`)
  const { file, args, env } = nodeProgram('stack/servers/prepare-database.ts', name)
  const urls = { DATABASE_URL: adminUrl, SERVICE_DATABASE_URL: suite.stack.databaseUrls[name] }
  const { ok, output } = await run(file, args, { env: { ...env, ...urls } })
  if (!ok || output.trim() !== `The database of ${name} is ready.`)
    throw new Error(`the database of ${name} was not prepared:\n${output}`)
}

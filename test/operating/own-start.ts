import path from 'node:path'
import { readConfig } from '@hotel/stack/config'
import { openIssuer } from '@hotel/stack/identity/issuer'
import { allScopes } from '@hotel/stack/identity/scopes'
import { ownServerUrl } from '@hotel/stack/servers/own-server'
import { query } from '@hotel/stack/servers/postgres/postgres'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { perService, type ServiceName } from '@hotel/stack/service-names'
import { createClients } from '../harness/clients.ts'
import { type Command, run, written } from '../running/boot.ts'

/** The suite as `npm start` runs it from a data folder, with clients through its gateway. */
export type OwnStart = Awaited<ReturnType<typeof startOwn>>

/** Starts it with these variables, as a person does, and waits until it is ready. */
export async function startOwn(env: Readonly<Record<string, string>>) {
  const command = run(process.execPath, ['--expose-gc', 'stack/start.ts'], env)
  await written(command, 'Ctrl-C stops it.')
  const dataDir = env.DATA_DIR ?? ''
  const issuer = await openIssuer(dataDir)
  const token = await issuer.mint({ subject: 'tester', scopes: allScopes, hotels: ['*'], ttlSeconds: 3_600 })
  const gateway = `127.0.0.1:${env.GATEWAY_PORT}`
  const { clients, close } = createClients(
    perService(() => gateway),
    token,
  )
  return {
    command,
    clients,
    gateway,
    token,
    /** Runs a statement as the administrator; gives the rows. */
    async sql(service: ServiceName, text: string, values: readonly unknown[] = []) {
      return (await query(databaseUrl(await ownServerUrl(readConfig(env)), service), text, values)).rows
    },
    /** Stops it as Ctrl-C does. */
    async stop() {
      close()
      command.child.kill('SIGINT')
      await command.ended
    },
  }
}

/** Runs a program of stack/ to its end; gives its exit code and what it said. */
export async function command(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | string; readonly said: string; readonly wrong: string }> {
  const ran: Command = run(process.execPath, [path.join('stack', program), ...args], env)
  const code = await ran.ended
  return { code, said: ran.output(), wrong: ran.errors().trim() }
}

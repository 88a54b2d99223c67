import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { unpackPart } from '@hotel/stack/backup/parts'
import { giveTo } from '@hotel/stack/backup/recovery'
import { copyServer } from '@hotel/stack/backup/server-files'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import { administer } from '@hotel/stack/servers/administer'
import { type Postgres, startPostgres } from '@hotel/stack/servers/postgres/postgres'
import { dataFolder, serverUser } from '@hotel/stack/servers/postgres/postgres-user'

/** A primary and a standby that streams from it, as an operator has them. */
export type Pair = AsyncDisposable & {
  readonly primary: Postgres
  readonly standby: Postgres
  /** URL of both, of which the one that takes writes is meant. */
  readonly url: string
  /** What both have written. */
  readonly lines: readonly string[]
}

const PASSWORD = 'of-the-administrator'

/** Starts both below a folder; the primary answers a commit only when the standby has applied it. */
export async function startPair(folder: string): Promise<Pair> {
  await using started = new AsyncDisposableStack()
  const lines: string[] = []
  const start = async (name: string, more: Pick<Parameters<typeof startPostgres>[0], 'cluster' | 'settings'>) => {
    const runFile = await claim(path.join(folder, name))
    started.defer(() => runFile.close())
    const around = {
      runFile,
      log: (_: string, line: string) => void lines.push(`${name}: ${line}`),
      say: () => {},
      restart: false,
      signal: new AbortController().signal,
    }
    const data = path.join(folder, name, 'postgres')
    const server = await startPostgres({
      data,
      port: await freePort(),
      password: PASSWORD,
      durable: true,
      around,
      ...more,
    })
    started.defer(() => server.process.stop())
    return server
  }
  const primary = await start('one', {})
  const { port } = new URL(primary.url)
  await copyTo(primary.url, path.join(folder, 'two'))
  const from = `host=127.0.0.1 port=${port} user=postgres password=${PASSWORD}`
  const standby = await start('two', { cluster: 'cluster', settings: { primary_conninfo: from } })
  await administer(primary.url, async (client) => {
    await client.query(`alter system set synchronous_standby_names = '*'`)
    await client.query(`alter system set synchronous_commit = 'remote_apply'`)
    await client.query('select pg_reload_conf()')
  })
  const hosts = `127.0.0.1:${port},127.0.0.1:${new URL(standby.url).port}`
  const url = `postgresql://postgres:${PASSWORD}@${hosts}/postgres?target_session_attrs=read-write`
  const all = started.move()
  return { primary, standby, url, lines, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Copies the files of a server to where another one follows it. */
async function copyTo(url: string, folder: string): Promise<void> {
  const copy = path.join(folder, 'copy')
  const shown = path.join(folder, 'postgres')
  await mkdir(copy, { recursive: true })
  const user = await serverUser(path.join(path.dirname(folder), 'one', 'postgres'))
  const cluster = path.join(await dataFolder(shown, user), 'cluster')
  const { server, log } = await administer(url, (client) => copyServer(client, copy, undefined))
  await mkdir(cluster, { mode: 0o700 })
  for (const { file } of [server, log]) await unpackPart(path.join(copy, file), cluster, undefined)
  await writeFile(path.join(cluster, 'standby.signal'), '')
  if (user !== undefined) await giveTo(cluster, user)
}

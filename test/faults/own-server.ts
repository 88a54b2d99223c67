import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { freePort } from '@hotel/stack/run/ports'
import { claim } from '@hotel/stack/run/run-file'
import { type Postgres, startPostgres } from '@hotel/stack/servers/postgres/postgres'
import { testFolder } from '../harness/test-cluster.ts'

/** A Postgres of a test's own, to be harmed, and what it has written. */
export type OwnServer = AsyncDisposable & Postgres & { readonly lines: readonly string[] }

type Settings = {
  /** Where its data is put; else in a new folder. */
  readonly folder?: string
  /** Of the server. */
  readonly settings: Readonly<Record<string, string>>
}

/** Starts a server that keeps what it says is committed, and is started again when it dies. */
export async function startOwnServer({ folder, settings }: Settings): Promise<OwnServer> {
  await using started = new AsyncDisposableStack()
  const home = await testFolder()
  started.defer(() => rm(home, { recursive: true, force: true }))
  const runFile = await claim(home)
  started.defer(() => runFile.close())
  const data = folder ?? path.join(home, 'postgres')
  await mkdir(path.dirname(data), { recursive: true })
  const lines: string[] = []
  const server = await startPostgres({
    data,
    settings,
    port: await freePort(),
    password: 'of-the-administrator',
    durable: true,
    around: {
      runFile,
      log: (_, line) => void lines.push(line),
      say: (sentence) => void lines.push(sentence),
      restart: true,
      signal: new AbortController().signal,
    },
  })
  started.defer(() => server.process.stop())
  const all = started.move()
  return { ...server, lines, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

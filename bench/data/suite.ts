import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { type Stack, startStack } from '@hotel/stack/stack'
import type { StackOptions } from '@hotel/stack/stack-options'
import { Problem } from '../../stack/setup/problem.mjs'
import { benchToken } from './token.ts'

/** The suite with a Postgres of its own, in a folder that is removed when it stops. */
export type BenchSuite = AsyncDisposable & {
  readonly stack: Stack
  /** Of the embedded Postgres, as the administrator. */
  readonly adminUrl: string
  /** With it everything may be done, in every hotel. */
  readonly token: string
  /** How Postgres keeps what it has acknowledged, as it says itself. */
  readonly durability: string
}

/**
 * Starts the suite as production has it: durable, at the log level info, with the lines going through a pipe into a file. The
 * limits of requests are raised by the gateway's setting for it, RATE_LIMIT_PER_SECOND.
 */
export async function startBenchSuite(options: Omit<StackOptions, 'dataDir' | 'log'> = {}): Promise<BenchSuite> {
  await using closing = new AsyncDisposableStack()
  const dataDir = await mkdtemp(path.join(tmpdir(), 'hotel-bench-'))
  closing.defer(() => rm(dataDir, { recursive: true, force: true }))
  const lines = createWriteStream(path.join(dataDir, 'log'))
  closing.defer(() => new Promise((resolve) => lines.end(resolve)))
  const stack = await startStack({ dataDir, ...options, log: (name, line) => lines.write(`${name} ${line}\n`) })
  closing.defer(() => stack.stop())
  const adminUrl = stack.postgres?.url ?? ''
  const [token, durability] = [await benchToken(stack), await durabilityOf(adminUrl)]
  const moved = closing.move()
  return {
    stack,
    adminUrl,
    token,
    durability,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

/** Throws where a commit that was acknowledged could be lost: then nothing is measured. */
async function durabilityOf(adminUrl: string): Promise<string> {
  const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method']
  return administer(databaseUrl(adminUrl, 'reservations'), async (client) => {
    const { rows } = await client.query<{ name: string; setting: string }>(
      'select name, setting from pg_settings where name = any($1) order by array_position($1, name)',
      [settings],
    )
    if (rows.some(({ setting }) => setting === 'off')) throw new Problem('Postgres does not keep what it acknowledges.')
    return rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')
  })
}

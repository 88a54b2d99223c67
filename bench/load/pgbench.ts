import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'
import type { Round } from '../frame/figure.ts'
import { outputOf } from './programs.ts'

/** Transactions of one kind by pgbench, each statement of them prepared. */
export type PgbenchLoad = {
  /** Of the database, with the role and its password. */
  readonly url: string
  /** What is run again and again, as pgbench's own manual says. */
  readonly script: string
  readonly clients: number
  /** Variables of the script; each client changes its own. */
  readonly variables?: Readonly<Record<string, number | string>>
}

/** Its time is of whole seconds, in which its connections are made too. Throws when a client of it met an error. */
export async function pgbench(load: PgbenchLoad, seconds: number): Promise<Round> {
  return run(load, ['--time', String(Math.ceil(seconds) + 1)])
}

/** So many transactions of each client, however long they take. */
export function pgbenchTimes(load: PgbenchLoad, transactions: number): Promise<Round> {
  return run(load, ['--transactions', String(transactions)])
}

async function run({ url, script, clients, variables = {} }: PgbenchLoad, howLong: readonly string[]): Promise<Round> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hotel-pgbench-'))
  try {
    const file = path.join(folder, 'script.sql')
    await writeFile(file, script)
    const { hostname, port, username, password, pathname } = new URL(url)
    const output = await outputOf(
      'pgbench',
      [
        ...['--no-vacuum', '--protocol', 'prepared', '--file', file],
        ...['--client', String(clients), '--jobs', String(Math.min(clients, availableParallelism()))],
        ...Object.entries(variables).flatMap(([name, value]) => ['--define', `${name}=${value}`]),
        ...howLong,
        ...['--host', hostname, '--port', port, '--username', decodeURIComponent(username)],
        decodeURIComponent(pathname.slice(1)),
      ],
      { PGPASSWORD: decodeURIComponent(password) },
    )
    return roundOf(output)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function roundOf(output: string): Round {
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? Number.NaN)
  const failed = number(/number of failed transactions: (\d+)/)
  return {
    value: number(/tps = ([\d.]+)/),
    calls: number(/number of transactions actually processed: (\d+)/),
    ...(failed > 0 && { failed: { error: failed } }),
  }
}

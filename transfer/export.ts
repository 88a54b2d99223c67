import { once } from 'node:events'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Batch, ReservationRecord } from '@hotel/proto/hotel/transfer/v1/transfer'
import { fromCaller } from '@hotel/stack/run/command-line'
import type { PerService } from '@hotel/stack/service-names'
import { stringify } from 'csv-stringify'
import { Problem, unwritable } from '../stack/setup/problem.mjs'
import { connect, type TransferClient } from './clients.ts'
import { commandLine } from './command-line.ts'
import { readAddresses } from './config.ts'
import { guarded } from './csv/cells.ts'
import { progress } from './progress.ts'
import { run } from './run.ts'
import type { Kind } from './source/kind.ts'
import { kinds } from './source/kinds.ts'
import { tokenSource } from './token.ts'

/** `npm run export -- folder`: writes a CSV file of each kind of resource into a new folder. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = commandLine(args, {}, () => USAGE)
  const [named, ...more] = positionals
  if (named === undefined || more.length > 0) throw new Problem(USAGE)
  const folder = fromCaller(named)
  const { 'token-file': tokenFile } = values
  const token = await tokenSource(tokenFile && fromCaller(tokenFile))
  const { clients, close } = await connect(readAddresses(), token)
  const partial = `${folder}.partial`
  try {
    await makeFolder(folder, partial)
    // Resources that refer to others are read before them: all that they name is in a later snapshot, as nothing is ever removed.
    for (const kind of kinds.toReversed()) await exportKind(kind, clients, path.join(partial, `${kind.name}.csv`))
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
    console.log(`\nAll is in ${folder}.`)
    return 0
  } finally {
    close()
  }
}

const USAGE = 'Name the folder of the export: `npm run export -- folder`, which is new or empty.'

/** Files come to be in a folder of their own, which takes the name when it is whole. */
async function makeFolder(folder: string, partial: string): Promise<void> {
  const there = await readdir(folder).catch(() => [])
  if (there.length > 0) throw new Problem(`${folder} is not empty: name a new folder.`)
  try {
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
  } catch (error) {
    throw unwritable(error, 'name a folder that this user may write')
  }
}

async function exportKind(kind: Kind, clients: PerService<TransferClient>, file: string): Promise<void> {
  const shown = progress(kind.name)
  const names = Object.keys(kind.columns)
  const csv = stringify({ header: true, columns: names, bom: true })
  const out = (await open(file, 'w')).createWriteStream()
  out.on('error', (error) => csv.destroy(error))
  csv.pipe(out)
  let count = 0
  for await (const { batch } of clients[kind.service].export({ resource: kind.name })) {
    for (const message of messagesOf(batch, kind)) {
      const row = Object.entries(kind.columns).map(([name, { write }]) => cellOf(message[name], write))
      count += 1
      if (!csv.write(row)) await once(csv, 'drain')
    }
    shown.wrote(count)
  }
  csv.end()
  await once(out, 'close')
  shown.wrote(count, true)
}

function cellOf(value: unknown, write: (value: unknown) => string): string {
  const isAbsent = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  return isAbsent ? '' : guarded(write(value))
}

function messagesOf(batch: Batch | undefined, { name }: Kind): Record<string, unknown>[] {
  const rows = (batch?.[name] ?? []) as object[] as Record<string, unknown>[]
  if (name !== 'reservations') return rows
  return (rows as unknown as ReservationRecord[]).map(({ reservation, legs }) => ({ ...reservation, legs }))
}

run(main)

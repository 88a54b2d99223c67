import { once } from 'node:events'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Batch, ReservationRecord } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { PerService } from '@hotel/stack/service-names'
import { stringify } from 'csv-stringify'
import { Problem, unwritable } from '../stack/setup/problem.mjs'
import { guarded } from './cells.ts'
import { connect, type TransferClient } from './clients.ts'
import { fromCaller, readAddresses } from './config.ts'
import { type Kind, kinds } from './kinds.ts'
import { progress } from './progress.ts'
import { run } from './run.ts'
import { takeTokenFile, tokenSource } from './token.ts'

/** `npm run export -- folder`: writes a CSV file of each kind of resource into a new folder. */
async function main(args: readonly string[]): Promise<number> {
  const { rest, tokenFile } = takeTokenFile(args)
  const folder = fromCaller(folderOf(rest))
  const token = await tokenSource(tokenFile && fromCaller(tokenFile))
  const { clients, close } = await connect(readAddresses(), token)
  const partial = `${folder}.partial`
  try {
    await makeFolder(folder, partial)
    // What refers to others is read before them: whatever it names is in a later snapshot, as nothing is ever removed.
    for (const kind of kinds.toReversed()) await exportKind(kind, clients, path.join(partial, `${kind.name}.csv`))
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
    console.log(`\nAll is in ${folder}.`)
    return 0
  } finally {
    close()
  }
}

function folderOf(args: readonly string[]): string {
  const usage = 'Say where to export to: `npm run export -- folder`, a folder that is new or empty.'
  try {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
    if (positionals[0] !== undefined && positionals.length === 1) return positionals[0]
  } catch {
    // An option, and there are none.
  }
  throw new Problem(usage)
}

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

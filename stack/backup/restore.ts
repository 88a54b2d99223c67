import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Config, readConfig } from '../config.ts'
import { fromCaller, oneFolder, readArguments } from '../run/command-line.ts'
import { claim } from '../run/run-file.ts'
import { runMain } from '../run/run-main.ts'
import { stopSignal } from '../run/stop-signal.ts'
import { CLUSTER } from '../servers/postgres/postgres-cluster.ts'
import { Problem } from '../setup/problem.mjs'
import { demandOwnServer } from './backup.ts'
import { keptErasures } from './backup-folder.ts'
import { chooseBackup, examine } from './choose.ts'
import { recover } from './recovery.ts'
import type { Until } from './recovery-target.ts'

const HELP = `npm run restore -- FOLDER [options]: brings a backup back to the data folder, while no suite runs from it.

  FOLDER            of \`npm run backup\`: the last backup in it; or a backup's own folder in that
  --until TIME      as it was then (2026-11-29T12:00:00Z), by the last backup before and WAL_ARCHIVE
  --until backup    as it was when the backup was made, although WAL_ARCHIVE goes on
  --replace         also where there is data; that is kept beside
  --identity FILE   the private key, of a backup encrypted by age
  --check           only looks whether the backup is whole and of this build

DATA_DIR and WAL_ARCHIVE are those of \`npm start\`. With WAL_ARCHIVE all that the archive has is brought back.`

const OPTIONS = {
  until: { type: 'string' },
  replace: { type: 'boolean' },
  identity: { type: 'string' },
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Options = {
  readonly until: Until
  readonly replace: boolean
  readonly identity: string | undefined
}

/** Brings a backup back to a data folder from which no suite runs; gives the moment as of which the databases are. */
export async function restore(
  folder: string,
  { dataDir, adminUrls, walArchive }: Pick<Config, 'dataDir' | 'adminUrls' | 'walArchive'>,
  { until, replace, identity }: Options,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  demandOwnServer(adminUrls, 'restore')
  if (until instanceof Date && walArchive === undefined)
    throw new Problem('`--until` needs the archive of the log: set WAL_ARCHIVE as it was set for `npm start`.')
  const archive = until === 'backup' ? undefined : walArchive
  const backup = await chooseBackup(folder, until instanceof Date ? until : undefined, archive)
  const manifest = await examine(backup)
  const runFile = await claim(dataDir, { say })
  try {
    if (!replace && existsSync(path.join(dataDir, 'postgres', CLUSTER, 'PG_VERSION')))
      throw new Problem(
        `There is data in ${dataDir}: add \`--replace\` to put the backup in its place, or set DATA_DIR.`,
      )
    const erased = await keptErasures(path.dirname(backup))
    const lines: string[] = []
    const around = {
      runFile,
      log: (_: string, line: string) => void lines.push(line),
      say,
      restart: false,
      signal,
    }
    await recover({ backup, manifest, dataDir, identity, walArchive, until, erased, around })
    say(`${dataDir} is as it was ${momentOf(until, walArchive, manifest.time)}: \`npm start\` serves it.`)
  } finally {
    runFile.close()
  }
}

function momentOf(until: Options['until'], walArchive: string | undefined, time: string): string {
  if (until instanceof Date) return `at ${until.toISOString()}`
  return until === undefined && walArchive !== undefined ? 'at the end of the archive' : `at ${time}`
}

/** `npm run restore`. */
async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(args, OPTIONS, HELP)
  if (values.help) return console.log(HELP)
  const folder = oneFolder(positionals, 'of backups', HELP)
  const until = momentFrom(values.until)
  if (values.check) {
    const backup = await chooseBackup(folder, until instanceof Date ? until : undefined)
    const { time, encryption } = await examine(backup)
    return console.log(`${backup} is whole: the databases as of ${time}, encryption ${encryption}.`)
  }
  const identity = values.identity === undefined ? undefined : fromCaller(values.identity)
  await restore(folder, readConfig(), { until, replace: values.replace ?? false, identity }, console.log, stopSignal())
}

function momentFrom(text: string | undefined): Options['until'] {
  if (text === undefined || text === 'backup') return text
  const moment = new Date(text)
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(moment.getTime())) return moment
  throw new Problem(`--until is "${text}": give a time with its zone, as 2026-11-29T12:00:00Z, or \`backup\`.`)
}

if (import.meta.main) runMain(main)

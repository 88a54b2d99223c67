import { fromCaller } from '@hotel/stack/run/command-line'
import { type Input, inputs } from './arguments.ts'
import { connect } from './clients.ts'
import { readAddresses } from './config.ts'
import { openCsv } from './csv/csv-file.ts'
import { type Options, optionsOf } from './options.ts'
import { progress } from './progress.ts'
import { run } from './run.ts'
import { Rehearsal } from './sending/rehearsal.ts'
import { openDump, type Remarks } from './source/django-dump.ts'
import { FormerIds } from './source/former-ids.ts'
import { importSource } from './source/import-source.ts'
import { References } from './source/references.ts'
import type { Source } from './source/source.ts'
import { stopSignals } from './stop.ts'
import { tokenSource } from './token.ts'

/** What an import ends with when lines were refused, and when it could not go on. */
const SOME_REFUSED = 2
const STOPPED = 1

/** `npm run import -- file …`: imports files in the order that they need, and says what became of their lines. */
async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  const found = await inputs(options.files, fromCaller)
  const token = await tokenSource(options.tokenFile && fromCaller(options.tokenFile))
  const { clients, close } = await connect(readAddresses(), token)
  using stop = stopSignals()
  try {
    const rehearsal = options.isDryRun ? new Rehearsal() : undefined
    if (rehearsal !== undefined) console.log('Dry run: everything is checked, nothing is stored.')
    const references = new References(clients, (list) => rehearsal?.listed(list) ?? [])
    const former = new FormerIds(clients, stop.late)
    const { sources, remarks } = await openAll(found, options, references)
    const reports: string[] = []
    for (const source of sources) {
      const shown = progress(source.title)
      const { report, isWhole, failure } = await importSource(source, {
        ...{ clients, references, former, stop, rehearsal, reading: options.reading, progress: shown },
      })
      if (report !== undefined) reports.push(report)
      if (!isWhole) return stopped(reports, failure, options.isDryRun)
    }
    for (const remark of remarks) remarksOf(remark).forEach((words) => void console.log(words))
    tellReports(reports)
    if (options.isDryRun) console.log('This was a dry run: nothing is stored.')
    return reports.length === 0 ? 0 : SOME_REFUSED
  } finally {
    close()
  }
}

/** All are looked at before the first line is sent. */
async function openAll(
  found: readonly Input[],
  { names }: Options,
  references: References,
): Promise<{ sources: Source[]; remarks: Remarks[] }> {
  const sources: Source[] = []
  const remarks: Remarks[] = []
  for (const { file, kind } of found) {
    if (kind !== 'dump') sources.push(await openCsv(file, kind, names))
    else {
      const dump = await openDump(file, references)
      sources.push(...dump.sources)
      remarks.push(dump.remarks)
    }
  }
  return { sources, remarks }
}

/** Throws the failure that stopped it, if one did. */
function stopped(reports: readonly string[], failure: unknown, isDryRun: boolean): number {
  tellReports(reports)
  if (failure !== undefined) throw failure
  console.log(isDryRun ? 'Stopped.' : 'Stopped. Stored lines stay: run the same command again to continue.')
  return STOPPED
}

function tellReports(reports: readonly string[]): void {
  if (reports.length === 0) return
  console.log(
    `Refused lines, each with its reason, are in these files; fix the lines and import them:\n${reports.join('\n')}`,
  )
}

function remarksOf({ others, leftEarly }: Remarks): string[] {
  const counted = [...others].map(([model, count]) => `${model} (${count})`)
  return [
    ...(leftEarly > 0
      ? [`${leftEarly} guests left early: the out_date of their reservations is the day of leaving.`]
      : []),
    ...(counted.length > 0 ? [`Not imported, because the suite has no such resources: ${counted.join(', ')}.`] : []),
  ]
}

run(main)

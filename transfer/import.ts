import { inputs } from './arguments.ts'
import { connect } from './clients.ts'
import { fromCaller, readAddresses } from './config.ts'
import { openCsv } from './csv-file.ts'
import { openDump, type Remarks } from './django-dump.ts'
import { importSource } from './import-source.ts'
import { progress } from './progress.ts'
import { References } from './references.ts'
import { run } from './run.ts'
import type { Source } from './source.ts'
import { takeTokenFile, tokenSource } from './token.ts'

/** What an import ends with when lines were refused; a fault ends it with 1. */
const SOME_REFUSED = 2

/** `npm run import -- file …`: imports files in the order that they need, and says what became of their lines. */
async function main(args: readonly string[]): Promise<number> {
  const { rest, tokenFile } = takeTokenFile(args)
  const found = await inputs(rest, fromCaller)
  const token = await tokenSource(tokenFile && fromCaller(tokenFile))
  const { clients, close } = await connect(readAddresses(), token)
  try {
    const references = new References(clients)
    const sources: Source[] = []
    const remarks: Remarks[] = []
    // All are looked at before the first line is sent.
    for (const { file, kind } of found) {
      if (kind !== 'dump') sources.push(await openCsv(file, kind))
      else {
        const dump = await openDump(file, references)
        sources.push(...dump.sources)
        remarks.push(dump.remarks)
      }
    }
    const reports: string[] = []
    for (const source of sources) {
      const { report } = await importSource(source, { clients, references, progress: progress(source.title) })
      if (report !== undefined) reports.push(report)
    }
    for (const remark of remarks) remarksOf(remark).forEach((words) => void console.log(words))
    if (reports.length === 0) return 0
    console.log(
      `Refused lines, each with its reason, are in these files; mend the lines and import them:\n${reports.join('\n')}`,
    )
    return SOME_REFUSED
  } finally {
    close()
  }
}

function remarksOf({ others, leftEarly }: Remarks): string[] {
  const counted = [...others].map(([model, count]) => `${model} (${count})`)
  return [
    ...(leftEarly > 0 ? [`${leftEarly} reservations were left early: their out_date is the day of leaving.`] : []),
    ...(counted.length > 0 ? [`Not imported, as a hotel has no such thing: ${counted.join(', ')}.`] : []),
  ]
}

run(main)

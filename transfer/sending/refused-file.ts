import { once } from 'node:events'
import type { WriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { type Stringifier, stringify } from 'csv-stringify'
import { unwritable } from '../../stack/setup/problem.mjs'
import { guarded } from '../csv/cells.ts'
import type { Line } from '../source/source.ts'
import type { Refused } from './problems.ts'

/**
 * Why a line was refused, and how it stands in the file where it cannot be read, before the line's own columns: an import
 * ignores these, so the report can be corrected and imported.
 */
const COLUMNS = ['refused_line', 'refused_reason', 'refused_field', 'refused_message', 'refused_text']

/** The report of a file's refused lines: a CSV file that is made when the first is refused. */
export type RefusedFile = {
  add(line: Line, refused: Refused): Promise<void>
  /** Writes what is left; gives the file's path when it was made. */
  close(): Promise<string | undefined>
}

/** Beside the file: `guests.refused.csv`; of a report itself, `guests.refused-2.csv`. */
export function reportOf(file: string, list = ''): string {
  const { dir, name } = path.parse(file)
  const [, base = name, count] = /^(.*)\.refused(?:-(\d+))?$/.exec(name) ?? []
  const of = list === '' ? base : `${base}.${list}`
  return path.join(dir, base === name ? `${of}.refused.csv` : `${of}.refused-${Number(count ?? 1) + 1}.csv`)
}

/** Begins a report; one of an earlier import is removed. */
export async function openRefusedFile(file: string, columns: readonly string[]): Promise<RefusedFile> {
  await rm(file, { force: true })
  let written: { csv: Stringifier; out: WriteStream } | undefined
  const begin = async () => {
    const out = (await open(file, 'w').catch(unwritableReport)).createWriteStream()
    const csv = stringify({ header: true, columns: [...COLUMNS, ...columns], bom: true })
    out.on('error', (error) => csv.destroy(error))
    csv.pipe(out)
    return { csv, out }
  }
  return {
    async add({ number, cells, text = '' }, { reason, fields, message }) {
      written ??= await begin()
      const own = columns.map((column) => cells[column] ?? '')
      const row = [String(number), reason, fields.join(' '), message, text, ...own].map(guarded)
      if (!written.csv.write(row)) await once(written.csv, 'drain')
    },
    async close() {
      if (written === undefined) return undefined
      written.csv.end()
      await once(written.out, 'close')
      return file
    },
  }
}

function unwritableReport(error: unknown): never {
  throw unwritable(error, 'refused lines are reported beside their file: copy the file to a folder of yours')
}

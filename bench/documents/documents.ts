import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../../stack/setup/run.mjs'
import type { Results } from '../frame/results.ts'
import { plotsOf } from './plots.ts'
import { written } from './report.ts'

/** The documents that show results. */
export const DOCUMENTS = ['performance.md', 'scale.md'].map((name) => path.join(root, 'docs', name))

/** What there is more of in docs/scale.md. */
const SCALES = ['hotels', 'rooms', 'reservations', 'clients', 'processes']

/** Makes a document anew from results; as long as there are none, its tables say so. */
export function shown(document: string, results: Results | undefined): string {
  return written(document, results ?? { environment: NOWHERE, figures: [] })
}

const NOWHERE = { cores: 0, processor: '', memoryGiB: 0, system: '', commit: '', versions: {} }

/** Writes results into the documents, and draws their plots. */
export async function writeDocuments(results: Results): Promise<void> {
  for (const file of DOCUMENTS) await writeFile(file, shown(await readFile(file, 'utf8'), results))
  const folder = path.join(root, 'docs', 'plots')
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(await plotsOf(results.figures, SCALES)))
    await writeFile(path.join(folder, name), text)
}

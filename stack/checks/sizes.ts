import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root, run } from '../setup/run.mjs'
import { NotRun } from './dependencies/audit.ts'

const MOST_LINES = 200
const MOST_FILES = 15

/** The files and folders that are longer or fuller, and why they are better so. */
const exceptions: Readonly<Record<string, string>> = {
  'services/reservations/creation/creation.sql': 'one statement decides a group; its steps share their tables',
  'services/reservations/migrations': 'a migration is never edited, nor joined with another',
  'test/running': 'tests that stop and start what runs, each about another end',
}

/** Text that people write, but for tests: these may be long. */
const WRITTEN = /\.(ts|tsx|mjs|lua|sql)$/
const TESTS = /\.test\.ts$|^(test|clients)\//

/** Files that are too long and folders that are too full, a line each; undefined when there are none. */
export async function lookAtSizes(): Promise<string | NotRun | undefined> {
  const { ok, output } = await run('git', ['ls-files'])
  if (!ok) return new NotRun('the sizes of files and folders (`git ls-files` failed)')
  const files = output.trim().split('\n')
  const lines = new Map<string, number>()
  for (const file of files.filter((each) => WRITTEN.test(each) && !TESTS.test(each))) {
    const text = await readFile(path.join(root, file), 'utf8').catch(() => '')
    lines.set(file, text.split('\n').length - 1)
  }
  const wrong = [...tooLong(lines), ...tooFull(files.filter((each) => WRITTEN.test(each))), ...idle(lines, files)]
  return wrong.length === 0 ? undefined : wrong.join('\n')
}

/** Of these files, with their numbers of lines, those that are too long. */
export function tooLong(lines: ReadonlyMap<string, number>): string[] {
  return [...lines]
    .filter(([file, count]) => count > MOST_LINES && exceptions[file] === undefined)
    .map(([file, count]) => `${file} has ${count} lines, more than ${MOST_LINES}: split it where its subjects meet.`)
}

/** Of the folders of these files, those that are too full. */
export function tooFull(files: readonly string[]): string[] {
  const folders = Map.groupBy(files, (file) => path.dirname(file))
  return [...folders]
    .filter(([folder, { length }]) => length > MOST_FILES && exceptions[folder] === undefined)
    .map(
      ([folder, { length }]) => `${folder} has ${length} files, more than ${MOST_FILES}: give a part of them a folder.`,
    )
}

/** Exceptions that are needed no more. */
function idle(lines: ReadonlyMap<string, number>, files: readonly string[]): string[] {
  const isFull = (folder: string) => files.filter((file) => path.dirname(file) === folder).length > MOST_FILES
  return Object.keys(exceptions)
    .filter((name) => (lines.get(name) ?? 0) <= MOST_LINES && !isFull(name))
    .map((name) => `${name} needs no exception in stack/checks/sizes.ts any more.`)
}

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Suite } from '../harness/test-suite.ts'

/** A clock for the services of a suite that a test moves; it runs on from there. */
export type MovableClock = {
  readonly file: string
  /** Sets it to an instant. A hotel's time never goes back: one that was written to stays at its last moment. */
  set(instant: Date): Promise<void>
  /** What it shows now. */
  now(): Date
}

/** Makes a clock that is right at first, for a suite of the test's own: `startSuite({ clockFile: clock.file })`. */
export async function movableClock(): Promise<MovableClock & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), 'clock-'))
  const file = path.join(folder, 'offset')
  await writeFile(file, '0')
  return { ...clockIn(file), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** The clock of a shared suite that was asked for with one. */
export function clockOf({ clockFile }: Suite): MovableClock {
  if (clockFile === undefined) throw new Error('this suite goes by the real time: ask for one with `clock: true`')
  return clockIn(clockFile)
}

function clockIn(file: string): MovableClock {
  let offset = 0
  return {
    file,
    async set(instant) {
      offset = instant.getTime() - Date.now()
      // The services read it at any moment.
      await writeFile(`${file}.new`, String(offset / 1_000))
      await rename(`${file}.new`, file)
    },
    now: () => new Date(Date.now() + offset),
  }
}

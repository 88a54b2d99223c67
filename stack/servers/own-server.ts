import type { Config } from '../config.ts'
import { existingSecrets } from '../identity/secrets.ts'
import { isOwned } from '../run/run-file.ts'
import { Problem } from '../setup/problem.mjs'

/** The administrator's URL of the server that `npm start` runs by these settings; a Problem without the secrets of its data folder. */
export async function ownServerUrl({ dataDir, ports }: Pick<Config, 'dataDir' | 'ports'>): Promise<string> {
  const { postgres } = await existingSecrets(dataDir)
  return `postgresql://postgres:${postgres}@127.0.0.1:${ports.postgres}/postgres`
}

/** Throws a Problem unless a suite runs from this data folder. */
export function demandRunning(dataDir: string): void {
  if (isOwned(dataDir)) return
  throw new Problem(
    `No suite runs from ${dataDir}: start it (\`npm start\`), or set DATA_DIR to the folder of one that runs.`,
  )
}

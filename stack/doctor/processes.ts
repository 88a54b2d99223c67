import { failingIn } from '../run/run-file.ts'
import type { Finding, Target } from './finding.ts'

/** What dies again and again of what `npm start` runs, by what it has noted. */
export async function lookAtProcesses({ dataDir }: Target): Promise<Finding[]> {
  return failingIn(dataDir).map(({ name, deaths, cause, remedy }) => ({
    about: name,
    wrong: `it dies again and again, ${deaths} times by now: ${cause}`,
    remedy,
  }))
}

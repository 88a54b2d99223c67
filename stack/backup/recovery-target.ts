import { Problem } from '../setup/problem.mjs'

/** Up to when the archive of the log is followed: to a moment, not at all, or as far as it goes. */
export type Until = Date | 'backup' | undefined

/**
 * A timeline of its own begins at the end, so that the archive has no two logs of one name. The server lets nobody in before:
 * it would be read-only, and say that it is ready.
 */
export function recoverySettings(walArchive: string | undefined, until: Until): Record<string, string> {
  const restore_command = walArchive === undefined ? 'false' : `cp ${shellQuoted(walArchive)}/%f "%p"`
  const settings = { restore_command, hot_standby: 'off' }
  if (until === undefined) return settings
  const target =
    until === 'backup'
      ? { recovery_target: 'immediate', recovery_target_timeline: 'current' }
      : { recovery_target_time: forServer(until) }
  return { ...settings, ...target, recovery_target_action: 'promote' }
}

/** With the zone as a number: the server reads this setting before it knows any by name, `Z` among them. */
function forServer(moment: Date): string {
  return moment.toISOString().replace('T', ' ').replace('Z', '+00')
}

/** A word of a shell, in a setting in which `%` begins something. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`
}

/** An error of recovery, in words for who gave the moment. */
export function untilNotReached(error: unknown): unknown {
  if (!/recovery ended before configured recovery target was reached/.test((error as Error).message)) return error
  return new Problem('The archive does not reach to `--until`: give an earlier time, or none for all that there is.')
}

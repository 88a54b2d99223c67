import { readFileSync } from 'node:fs'

/** Seconds to add to the clock at this moment. */
export type ClockOffset = () => number

/** The real clock; or, with a file, one that is off by the seconds in it, read anew on each use. For tests. */
export function clockOffset(file: string | undefined): ClockOffset {
  if (file === undefined) return () => 0
  return () => Number(readFileSync(file, 'utf8')) || 0
}

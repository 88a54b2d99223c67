import { type Logger, pino } from 'pino'
import { gatheredLines } from './gathered-lines.ts'

export type { Logger }

const STDOUT = 1

/** A logger of JSON lines on stdout, which are written apart from calls. They never carry names, contacts or whole requests. */
export function createLogger(service: string, level: string): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime }, gatheredLines(STDOUT))
}

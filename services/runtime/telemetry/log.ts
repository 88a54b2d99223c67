import { type Logger, pino } from 'pino'

export type { Logger }

/** A logger of JSON lines on stdout. Lines never carry names, contacts or whole requests. */
export function createLogger(service: string, level: string): Logger {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime })
}

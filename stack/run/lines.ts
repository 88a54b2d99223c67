import { styleText } from 'node:util'

const WIDTH = 'reservations'.length

/** What Postgres and Redis write in their normal course; a server that starts or stops turns sessions away. */
const chatter: Readonly<Record<string, RegExp>> = {
  postgres: / LOG: |^\s| FATAL: {2}(the database system is |terminating connection due to administrator)/,
  redis: /./,
}

const levels = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' } as const
type Level = keyof typeof levels

/** Of lines that are no JSON: those of Postgres, Redis and Envoy itself, and what Node writes when it fails. */
const severities: readonly [RegExp, Level][] = [
  [/\b(fatal|panic|critical)\b/i, 60],
  [/\berror\b/i, 50],
  [/\bwarning\b/i, 40],
]

/** Whether a line is for those only who want to see everything. */
export function isChatter(name: string, line: string): boolean {
  return chatter[name]?.test(line) ?? false
}

/** A line of a process as JSON: as it is, if it is that already; `process` tells instances of a service apart. */
export function jsonLine(name: string, line: string, now: Date): string {
  const given = parse(line)
  if (given === undefined)
    return JSON.stringify({ level: severityOf(line), time: now.toISOString(), service: name, msg: line })
  return given.service === name ? line : JSON.stringify({ ...given, process: name })
}

/** A line of a process for a person: time, process, level, message, and what else it says. */
export function prettyLine(name: string, line: string): string {
  const given = parse(line)
  const title = styleText('dim', `${name.padEnd(WIDTH)} |`)
  if (given === undefined) return `${title} ${line}`
  const { level, time, service: _, msg, http_method, path, status, ...rest } = given
  const isHttp = msg === undefined
  const words = isHttp ? `${http_method} ${path} ${status}` : String(msg)
  const others = Object.entries(rest).filter(([, value]) => value !== '' && value !== '-')
  const more = others.map(([key, value]) => `${styleText('dim', `${key}=`)}${shown(value)}`)
  const clock = /T([\d:.]+)/.exec(String(time))?.[1] ?? ''
  return [clock, title, isHttp ? levels[30] : coloured(level as Level), words, ...more].join(' ')
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function severityOf(line: string): Level {
  return severities.find(([words]) => words.test(line))?.[1] ?? 30
}

function coloured(level: Level): string {
  const word = (levels[level] ?? String(level)).padEnd(5)
  if (level >= 50) return styleText('red', word)
  return level === 40 ? styleText('yellow', word) : word
}

function shown(value: unknown): string {
  return typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)
}

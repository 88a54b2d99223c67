import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { root } from '../../setup/run.mjs'
import { listDependencies } from './dependencies.ts'

/** Says that something could not be looked at, and why: nobody shall take it for passed. */
export class NotRun {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** The severities that fail for a serving package; all others are reported only. */
const GRAVE = new Set(['high', 'critical'])

type Via = string | { readonly title: string; readonly url: string; readonly severity: string }
type Found = {
  readonly name: string
  readonly severity: string
  readonly via: readonly Via[]
  readonly nodes: readonly string[]
}

/** The writer of the findings that do not fail, and more options of npm. */
export type AuditOptions = { readonly say?: (line: string) => void; readonly npm?: readonly string[] }

/**
 * Asks the registry what is known against the packages of the lock (`npm audit`): what is grave of those that serve, as
 * sentences; nothing when there is none. The rest is said and fails nothing: tools that build and test are not reachable
 * for strangers. Without a registry that answers it is not run.
 */
export async function auditDependencies({
  say = console.log,
  npm = [],
}: AuditOptions = {}): Promise<string | NotRun | undefined> {
  const report = parse(await npmAudit(npm))
  if (report?.vulnerabilities === undefined) {
    const reason = report?.message ?? 'npm audit printed no report'
    return new NotRun(`the known vulnerabilities of the dependencies: the registry does not answer (${reason}).`)
  }
  const serving = new Set((await listDependencies()).filter(({ production }) => production).map(({ folder }) => folder))
  const found = Object.values(report.vulnerabilities)
  const isGrave = (each: Found) => GRAVE.has(each.severity) && each.nodes.some((folder) => serving.has(folder))
  for (const each of found) if (!isGrave(each)) say(`Known, and not serious here: ${sentence(each)}`)
  const grave = found.filter(isGrave)
  return grave.length === 0 ? undefined : grave.map(sentence).join('\n')
}

type Report = { readonly message?: string; readonly vulnerabilities?: Readonly<Record<string, Found>> }

function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report
  } catch {
    return undefined
  }
}

function sentence({ name, severity, via }: Found): string {
  const causes = via.map((cause) => (typeof cause === 'string' ? `by ${cause}` : `${cause.title} (${cause.url})`))
  return `${name}, ${severity}: ${causes.join('; ')}.`
}

/** One try, and no long one: a machine without a network shall not wait. */
async function npmAudit(more: readonly string[]): Promise<string> {
  const args = ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=20000', ...more]
  try {
    return (await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 2 ** 26 })).stdout
  } catch (error) {
    // Its exit code says that something was found, or that nothing could be.
    return (error as { stdout?: string }).stdout ?? ''
  }
}

import { readConfig } from '../config.ts'
import { gatewayHere } from '../identity/console-link.ts'
import { runMain } from '../run/run-main.ts'
import { demandRunning, ownServerUrl } from '../servers/own-server.ts'
import { databaseUrl } from '../servers/provision.ts'
import { readTargets } from '../servers/targets.ts'
import { perService } from '../service-names.ts'
import { Problem } from '../setup/problem.mjs'
import { lookAtDatabases } from './databases.ts'
import { lookAtFiles } from './files.ts'
import type { Finding, Target } from './finding.ts'
import { lookAtGateway } from './gateway.ts'
import { lookAtInstances } from './instances.ts'
import { lookAtProcesses } from './processes.ts'

const HELP = `npm run doctor: says what is wrong with the suite that \`npm start\` runs, and what to do. Exit code 1 if anything is.

DATA_DIR, the ports, DATABASE_URL and so on are those of \`npm start\`.`

/** All that is wrong with a suite. */
export async function diagnose(target: Target): Promise<Finding[]> {
  const looks = [lookAtProcesses, lookAtGateway, lookAtInstances, lookAtDatabases, lookAtFiles]
  return (await Promise.all(looks.map((look) => look(target)))).flat()
}

/** One screen for a person. */
export function report(findings: readonly Finding[]): string {
  if (findings.length === 0)
    return 'Nothing is wrong: services, databases, feeds, clocks, locks, disk, keys and the gateway are as they should be.'
  const lines = findings.map(({ about, wrong, remedy }) => `  ${about}: ${wrong}.\n      Do: ${remedy}.`)
  return `${findings.length === 1 ? 'One thing is' : `${findings.length} things are`} wrong:\n\n${lines.join('\n')}`
}

/** Where the suite is that these settings are of. */
async function targetOf(): Promise<Target> {
  const config = readConfig()
  demandRunning(config.dataDir)
  const own = await ownServerUrl(config)
  const [host = ''] = gatewayHere(config).split(':')
  return {
    dataDir: config.dataDir,
    databaseUrls: perService((service) => databaseUrl(config.adminUrls[service] ?? own, service)),
    metrics: await readTargets(config),
    gateway: { host, port: config.ports.gateway, adminPort: config.ports.envoyAdmin },
    walArchive: config.walArchive,
    certificates: certificates(config.adminUrls),
  }
}

function certificates(adminUrls: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const url of Object.values(adminUrls))
    for (const name of ['sslrootcert', 'sslcert']) {
      const file = url === undefined ? null : new URL(url).searchParams.get(name)
      if (file !== null && file !== 'system') found[name] = file
    }
  for (const name of ['REDIS_CA_FILE', 'OTEL_EXPORTER_OTLP_CERTIFICATE', 'NODE_EXTRA_CA_CERTS']) {
    const file = process.env[name]
    if (file) found[name] = file
  }
  return found
}

/** `npm run doctor`. */
async function main(args: readonly string[]): Promise<void> {
  if (args.some((each) => each === '--help' || each === '-h')) return console.log(HELP)
  if (args.length > 0) throw new Problem(`"${args[0]}" is not known: \`npm run doctor\` takes nothing else.`)
  const findings = await diagnose(await targetOf())
  console.log(report(findings))
  process.exitCode = findings.length === 0 ? 0 : 1
}

if (import.meta.main) runMain(main)

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config.ts'
import { replaceFile } from '../identity/issuer.ts'
import { type PerService, perService, serviceNames } from '../service-names.ts'

/** Where the metrics of a suite are, as Prometheus' `file_sd_configs` reads it. */
type Targets = readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[]

/** Its name in the data folder. */
export const TARGETS = 'targets.json'

/** Writes down where the metrics of the services and of the gateway are. */
export async function writeTargets(
  dataDir: string,
  metrics: PerService<readonly string[]>,
  adminPort: number,
): Promise<void> {
  const targets: Targets = [
    ...serviceNames.map((service) => ({ targets: metrics[service], labels: { service } })),
    { targets: [`127.0.0.1:${adminPort}`], labels: { service: 'gateway', __metrics_path__: '/stats/prometheus' } },
  ]
  await replaceFile(path.join(dataDir, TARGETS), JSON.stringify(targets, null, 2), 0o644)
}

/** `host:port` of the metrics of each instance of each service: of the last start, or else of the settings. */
export async function readTargets({ dataDir, ports }: Config): Promise<PerService<readonly string[]>> {
  const text = await readFile(path.join(dataDir, TARGETS), 'utf8').catch(() => '[]')
  const written = new Map((JSON.parse(text) as Targets).map(({ targets, labels }) => [labels.service, targets]))
  return perService((name) => written.get(name) ?? [`127.0.0.1:${ports[`${name}Metrics`]}`])
}

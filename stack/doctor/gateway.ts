import { stat } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../setup/run.mjs'
import type { Finding, Target } from './finding.ts'

const ANSWER_MS = 5_000
/** The sources of a gateway's configuration other than its settings. */
const PROTOS = path.join(root, 'proto', 'gen', 'api.binpb')

/** What is wrong with the gateway, and with the services as it sees them. */
export async function lookAtGateway({ gateway, dataDir }: Target): Promise<Finding[]> {
  const { host, port, adminPort } = gateway
  try {
    const [health, clusters, info] = await Promise.all([
      ask(`http://${host}:${port}/healthz`),
      ask(`http://127.0.0.1:${adminPort}/clusters?format=json`),
      ask(`http://127.0.0.1:${adminPort}/server_info`),
    ])
    return [
      ...(health.ok ? [] : [unhealthy(health.status)]),
      ...instances(JSON.parse(clusters.text)),
      ...(await configuration(path.join(dataDir, 'gateway', 'envoy.yaml'), JSON.parse(info.text))),
    ]
  } catch (error) {
    return [
      {
        about: 'gateway',
        wrong: `it does not answer at ${host}:${port} and ${adminPort} (${(error as Error).message})`,
        remedy: 'start the suite; GATEWAY_PORT and ENVOY_ADMIN_PORT are those of `npm start`',
      },
    ]
  }
}

async function ask(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
  return { ok: response.ok, status: response.status, text: await response.text() }
}

function unhealthy(status: number): Finding {
  return {
    about: 'gateway',
    wrong: `/healthz says ${status}: not every service has an instance that answers`,
    remedy: 'look at the service named here, and at its last lines',
  }
}

type Clusters = {
  readonly cluster_statuses: readonly {
    readonly name: string
    readonly host_statuses?: readonly {
      readonly address: { readonly socket_address?: { readonly address: string; readonly port_value: number } }
      readonly health_status: { readonly failed_active_health_check?: boolean; readonly failed_outlier_check?: boolean }
    }[]
  }[]
}

function instances({ cluster_statuses }: Clusters): Finding[] {
  return cluster_statuses.flatMap(({ name, host_statuses = [] }) =>
    host_statuses.flatMap(({ address, health_status }) => {
      const { socket_address: at } = address
      if (at === undefined || !(health_status.failed_active_health_check || health_status.failed_outlier_check))
        return []
      return [
        {
          about: name,
          wrong: `the gateway sends no calls to ${at.address}:${at.port_value}, which does not answer or says NOT_SERVING`,
          remedy: 'its last lines say why: `readiness` names what it waits for',
        },
      ]
    }),
  )
}

/** Envoy reads its configuration at its start only. */
async function configuration(file: string, info: { uptime_current_epoch?: string }): Promise<Finding[]> {
  const written = await writtenAt(file)
  if (written === undefined) return []
  const began = Date.now() - Number.parseFloat(info.uptime_current_epoch ?? '0s') * 1_000
  const stale = (wrong: string): Finding[] => [
    { about: 'gateway', wrong, remedy: 'start the suite, or the gateway, again' },
  ]
  // Its uptime is in whole seconds.
  if (written > began + 2_000) return stale(`${file} was written after it had begun: it works by an older one`)
  const protos = await writtenAt(PROTOS)
  if (protos !== undefined && protos > began + 2_000) return stale('the protos were generated again after it had begun')
  return []
}

function writtenAt(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  )
}

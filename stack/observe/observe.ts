import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Config, inheritedEnvironment } from '../config.ts'
import { assertFree } from '../run/ports.ts'
import type { SupervisorContext } from '../run/supervision/process-plan.ts'
import { type Supervised, supervise } from '../run/supervision/processes.ts'
import { TARGETS } from '../servers/targets.ts'
import { Problem } from '../setup/problem.mjs'
import { findOnPath } from '../setup/python.mjs'
import { root } from '../setup/run.mjs'
import { demandReady } from './demand-ready.ts'
import { grafanaHome } from './grafana-home.ts'
import { type FoundJaeger, jaeger } from './jaeger.ts'

const SOURCES = path.join(root, 'deploy', 'observe')

/** What shows how a suite is, running: its name and its address, in the order of starting. */
export type Observers = AsyncDisposable & {
  readonly pages: readonly { readonly name: string; readonly url: string }[]
  /** What was not started, with how to have it. */
  readonly missing: readonly string[]
}

type Options = Pick<Config, 'dataDir' | 'grafanaHome'> & { readonly ports: Ports; readonly jaeger: FoundJaeger }
type Ports = Config['observePorts']

const PROMETHEUS = 'install Prometheus (`apt install prometheus`, `brew install prometheus`)'
const GRAFANA = 'install Grafana (https://grafana.com/grafana/download)'

/** The program of Prometheus; throws a Problem without it. */
export function findPrometheus(): string {
  const file = findOnPath('prometheus')
  if (file === undefined) throw new Problem(`--observe needs \`prometheus\` on PATH: ${PROMETHEUS}.`)
  return file
}

/** Throws a Problem that names the variable of a port that another program has, of what will be started. */
export async function assertObserversPortsFree(ports: Ports, { file: jaeger }: FoundJaeger): Promise<void> {
  await assertFree('PROMETHEUS_PORT', ports.prometheus)
  if (findOnPath('grafana') !== undefined) await assertFree('GRAFANA_PORT', ports.grafana)
  if (jaeger === undefined) return
  await assertFree('JAEGER_PORT', ports.jaeger)
  await assertFree('OTLP_PORT', ports.otlp)
}

/**
 * Starts Prometheus, with the alerts, Grafana, with the dashboards, and Jaeger, as far as they are found; throws a Problem
 * without Prometheus.
 */
export async function startObservers(options: Options, around: SupervisorContext): Promise<Observers> {
  const { dataDir, ports } = options
  const file = findPrometheus()
  await using started = new AsyncDisposableStack()
  const folder = path.join(dataDir, 'observe')
  await mkdir(folder, { recursive: true })
  const run = async (process: Supervised) => {
    await process.start()
    started.defer(() => process.stop())
  }
  await run(await prometheus(file, dataDir, folder, ports.prometheus, around))
  const pages = [{ name: 'Prometheus', url: `http://127.0.0.1:${ports.prometheus}` }]
  const found = await findGrafana(options.grafanaHome)
  if (typeof found === 'object') {
    await run(await grafana(found, folder, ports, around))
    pages.push({ name: 'Dashboards', url: `http://127.0.0.1:${ports.grafana}/dashboards` })
  }
  if (options.jaeger.file !== undefined) {
    await run(await jaeger(options.jaeger.file, path.join(SOURCES, 'jaeger.yml'), ports, around))
    pages.push({ name: 'Jaeger', url: `http://127.0.0.1:${ports.jaeger}` })
  }
  const missing = [typeof found === 'string' ? found : undefined, options.jaeger.missing].filter(
    (each) => each !== undefined,
  )
  const all = started.move()
  return { pages, missing, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

type Grafana = { readonly file: string; readonly home: string }

/** The program of Grafana with the rest of it, or how to have them. */
async function findGrafana(given: string | undefined): Promise<Grafana | string> {
  const file = findOnPath('grafana')
  if (file === undefined) return `The dashboards need \`grafana\` on PATH: ${GRAFANA}.`
  const home = await grafanaHome(file, given)
  if (home !== undefined) return { file, home }
  const looked = given === undefined ? `the rest of Grafana is not beside ${file}` : `${given} is not its home`
  return `The dashboards are not started, as ${looked}: set GF_PATHS_HOME to the folder that has its \`conf/defaults.ini\`.`
}

async function prometheus(
  file: string,
  dataDir: string,
  folder: string,
  port: number,
  around: SupervisorContext,
): Promise<Supervised> {
  const config = path.join(folder, 'prometheus.yml')
  const text = await readFile(path.join(SOURCES, 'prometheus.yml'), 'utf8')
  // Of YAML, JSON is a part, in which any path can be said.
  const rules = JSON.stringify(path.join(SOURCES, 'alerts.yml'))
  const targets = JSON.stringify(path.join(dataDir, TARGETS))
  await writeFile(
    config,
    text.replace('[alerts.yml]', () => `[${rules}]`).replace('[targets.json]', () => `[${targets}]`),
  )
  return supervise(
    {
      name: 'prometheus',
      file,
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(folder, 'prometheus')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      env: inheritedEnvironment(),
      cwd: folder,
      ready: (signal) => demandReady(`http://127.0.0.1:${port}/-/ready`, signal),
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 10_000,
    },
    around,
  )
}

async function grafana(
  { file, home }: Grafana,
  folder: string,
  ports: Ports,
  around: SupervisorContext,
): Promise<Supervised> {
  const provisioning = path.join(folder, 'provisioning')
  const sources = {
    datasources: { apiVersion: 1, datasources: [datasource(ports.prometheus)] },
    dashboards: { apiVersion: 1, providers: [{ name: 'hotel', options: { path: path.join(SOURCES, 'dashboards') } }] },
  }
  for (const [name, content] of Object.entries(sources)) {
    await mkdir(path.join(provisioning, name), { recursive: true })
    await writeFile(path.join(provisioning, name, 'hotel.yml'), JSON.stringify(content))
  }
  const settings = {
    GF_PATHS_DATA: path.join(folder, 'grafana'),
    GF_PATHS_LOGS: path.join(folder, 'grafana', 'log'),
    GF_PATHS_PROVISIONING: provisioning,
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(ports.grafana),
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    GF_LOG_LEVEL: 'warn',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  }
  return supervise(
    {
      name: 'grafana',
      file,
      args: ['server', '--homepath', home],
      env: { ...inheritedEnvironment(), ...settings },
      cwd: folder,
      ready: (signal) => demandReady(`http://127.0.0.1:${ports.grafana}/api/health`, signal),
      readyWithinMs: 60_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 10_000,
    },
    around,
  )
}

function datasource(port: number): object {
  const url = `http://127.0.0.1:${port}`
  return { name: 'Prometheus', type: 'prometheus', access: 'proxy', url, isDefault: true }
}

import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readApi } from '@hotel/gateway/api'
import { openApi } from '@hotel/gateway/openapi/openapi'
import { LIVE } from '@hotel/runtime/server/health'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { installable, KUBERNETES, readManifest } from '../../stack/checks/kubernetes/manifests.ts'
import { root } from '../../stack/setup/run.mjs'
import { readDescriptors } from '../gateway/fixtures.ts'
import { readCompose } from './container-files.ts'
import { containersOf, type Labels, type Manifest, readManifests, type Workload, workloadsOf } from './manifests.ts'

type Kustomization = {
  readonly images?: readonly { readonly name: string; readonly newTag: string }[]
  readonly configMapGenerator?: readonly { readonly literals?: readonly string[] }[]
  readonly resources?: readonly string[]
  readonly components?: readonly string[]
  readonly replicas?: readonly { readonly name: string; readonly count: number }[]
}

const manifests = await readManifests()
const all = workloadsOf(manifests)
const named = all.map((each) => [`${each.kind} ${each.name}`, each] as const)
const kustomization = async (folder: string) =>
  parse(await readManifest(`${folder}/kustomization.yaml`)) as Kustomization
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const ofKind = (kind: string) => manifests.filter((each) => each.kind === kind)
const deployment = (name: string) => all.find((each) => each.kind === 'Deployment' && each.name === name) as Workload
const settings = await settingsOf('base')
const drains = ({ pod }: Workload) =>
  pod.containers.flatMap(({ env = [] }) => env).find(({ name }) => name === 'DRAIN_SECONDS')

async function settingsOf(folder: string): Promise<Record<string, string>> {
  const { configMapGenerator = [] } = await kustomization(folder)
  const literals = configMapGenerator.flatMap(({ literals = [] }) => literals)
  return Object.fromEntries(literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2)))
}

describe('each pod', () => {
  test.each(named)('%s has no rights, no root and nothing to write to but its own folders', (_, { pod }) => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0)
    expect(Object.keys(pod).filter((key) => /^host/.test(key))).toEqual([])
    for (const { resources, securityContext } of containersOf(pod)) {
      expect(securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
      })
      expect(resources).toMatchObject({ limits: { memory: expect.any(String) } })
      expect(resources).toMatchObject({ requests: { cpu: expect.any(String), memory: expect.any(String) } })
    }
  })

  // Of a Service `gateway`, for example, Kubernetes makes GATEWAY_PORT=tcp://…, which is no port.
  test.each(named)('%s gets no variables that Kubernetes makes of names', (_, { pod }) => {
    expect(pod.enableServiceLinks).toBe(false)
  })

  test.each(named)('%s mounts what there is, in folders, so that a replaced file is seen', (_, { pod }) => {
    const volumes = pod.volumes.map(({ name }) => name).sort()
    const mounts = containersOf(pod).flatMap(({ volumeMounts }) => volumeMounts)
    expect([...new Set(mounts.map(({ name }) => name))].sort()).toEqual(volumes)
    expect(mounts.filter(({ subPath }) => subPath !== undefined)).toEqual([])
  })

  test.each(named)('%s is found by the labels of its own', (_, { name, labels }) => {
    expect(labels).toMatchObject({ 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'hotel-reservations' })
  })

  test.each(named.filter(([, each]) => drains(each)))('%s has more time to stop than it takes', (_, each) => {
    const before = each.pod.containers[0]?.lifecycle?.preStop.sleep.seconds ?? 0
    const takes = before + Number(drains(each)?.value) + 5
    expect(each.pod.terminationGracePeriodSeconds).toBeGreaterThan(takes)
  })
})

describe('what a pod is told', () => {
  /** The sources that read the variables of a workload. */
  const readers = (name: string) => {
    const own = serviceNames.find((service) => name === service)
    const common = ['access/tokens/auth-settings', 'telemetry/otlp', 'access/console-settings', 'database/database-url']
    const files = [
      ...common.map((file) => `services/runtime/${file}.ts`),
      ...(name.endsWith('-database') ? ['stack/servers/prepare-database.ts'] : []),
      ...(own === undefined ? [] : [`services/${own}/config.ts`, 'services/runtime/server/service-settings.ts']),
      ...(name === 'gateway' ? ['gateway/settings.ts'] : []),
    ]
    return files.map(read).join()
  }
  const ours = named.filter(([, { pod }]) => pod.containers.some(({ image }) => image.startsWith('hotel/')))

  test.each(ours)('%s has variables that its program reads', (_, { name, pod }) => {
    const source = readers(name)
    const isRead = (variable: string) => new RegExp(`\\b${variable}\\b`).test(source)
    const variables = containersOf(pod).flatMap(({ env = [] }) => env.map(({ name }) => name))
    expect(variables.filter((name) => !isRead(name) && !isRead(name.replace(/_FILE$/, '')))).toEqual([])
  })

  test.each([...serviceNames, 'gateway'])(
    '%s has all that it has in docker-compose.yml, or the default',
    async (name) => {
      const { compose, asked } = await readCompose()
      const overlay = await settingsOf('overlays/small')
      const own = deployment(name).pod.containers.flatMap(({ env = [] }) => env.map(({ name }) => name))
      const has = new Set([...own, ...Object.keys(settings), ...Object.keys(overlay)])
      // TLS to the database is what the manifests are for, and what may be set there has a default.
      const needed = Object.keys(compose.services[name]?.environment ?? {}).filter(
        (variable) => variable !== 'DATABASE_ALLOW_PLAINTEXT' && !asked.has(variable),
      )
      expect(needed.filter((variable) => !has.has(variable))).toEqual([])
      expect(overlay.AUTH_ISSUER).toMatch(/^https:/)
    },
  )

  test('settings of all are read by one of them', () => {
    const source = [...serviceNames, 'gateway'].map(readers).join()
    expect(Object.keys(settings).filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([])
    for (const name of serviceNames) expect(settings[`${name.toUpperCase()}_ADDRESS`]).toBe(`${name}:50051`)
  })

  test('secrets come by reference, as files, and are those that make-secrets.sh makes', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hotel-kubernetes-'))
    execFileSync('sh', [path.join(root, 'stack', 'identity', 'make-secrets.sh'), path.join(folder, 'secrets')])
    const made = new Set(readdirSync(path.join(folder, 'secrets')))
    rmSync(folder, { recursive: true })
    expect(ofKind('Secret')).toEqual([])
    const variables = all.flatMap(({ pod }) => containersOf(pod).flatMap(({ env = [] }) => env))
    const secret = /PASSWORD|KEY|_URL|TOKEN|SECRET|AUTH/
    const bare = variables.filter(({ name, value }) => secret.test(name) && !name.endsWith('_FILE') && value)
    // Of a server, without a password.
    expect(bare.filter(({ value = '' }) => !/^[\w-]+:\d+$/.test(value))).toEqual([])
    for (const { name, pod } of all) {
      const sources = pod.volumes.flatMap(({ projected }) => projected?.sources ?? [])
      const given = sources.map(({ secret }) => secret.name)
      const asked = containersOf(pod).flatMap(({ env = [] }) =>
        env.flatMap(({ value = '' }) => /^\/run\/secrets\/(.+)$/.exec(value)?.[1] ?? []),
      )
      expect([name, given.sort()]).toEqual([name, asked.sort()])
      for (const each of given) expect(made).toContain(each)
    }
    // A service's token is for it alone.
    for (const service of serviceNames) {
      const identities = deployment(service).pod.volumes.flatMap(({ secret }) => secret?.secretName ?? [])
      expect(identities.filter((each) => each.endsWith('-identity'))).toEqual([`${service}-identity`])
    }
  })

  test.each(ours)('%s runs a program that there is', (_, { pod }) => {
    for (const { command = [], ...container } of containersOf(pod))
      for (const word of [...command, ...(container.startupProbe?.exec?.command ?? [])].filter((word) =>
        /\.ts$/.test(word),
      ))
        expect(existsSync(path.join(root, word.replace('/app/', '')))).toBe(true)
  })
})

describe('ports and probes', () => {
  test.each([
    ['gateway', 'gateway/Dockerfile', 'http'],
    ...serviceNames.map((name) => [name, 'services/Dockerfile', 'grpc'] as const),
  ] as const)('of %s are those of its image and settings', (name, dockerfile, port) => {
    const [, exposed] = /^EXPOSE (\d+)$/m.exec(read(dockerfile)) ?? []
    const [container] = deployment(name).pod.containers
    const ports = Object.fromEntries((container?.ports ?? []).map(({ name, containerPort }) => [name, containerPort]))
    expect(ports).toEqual({ [port]: Number(exposed), metrics: Number(settings.METRICS_ADDRESS?.split(':')[1]) })
    expect(container?.readinessProbe?.grpc?.port).toBe(Number(exposed))
    // A process that depends on others, or has too many clients, must not be started again for them.
    if (name === 'gateway') expect(container?.livenessProbe?.httpGet).toEqual({ path: '/live', port: 'metrics' })
    else expect(container?.livenessProbe?.grpc).toEqual({ port: Number(exposed), service: LIVE })
    expect(container?.readinessProbe?.grpc?.service).toBe(name === 'gateway' ? LIVE : undefined)
    expect(container).toHaveProperty('startupProbe')
  })

  test('services listen and are asked where their Services say', () => {
    for (const { metadata, spec } of ofKind('Service')) {
      const { pod, labels } = deployment(metadata.name)
      expect(labels).toMatchObject(spec.selector)
      const ports = pod.containers.flatMap(({ ports = [] }) => ports)
      for (const { port, targetPort } of spec.ports)
        expect(ports).toContainEqual({ name: targetPort, containerPort: port })
      // One name with the addresses of all that are ready: Envoy and gRPC choose among them for each call.
      const areAllAsked = [...serviceNames, 'limits'].includes(metadata.name)
      expect(spec.clusterIP).toBe(areAllAsked ? 'None' : undefined)
    }
  })

  test('Prometheus is told where to ask', () => {
    for (const name of [...serviceNames, 'gateway']) {
      const { spec } = ofKind('Deployment').find(({ metadata }) => metadata.name === name) as Manifest
      expect(spec.template.metadata.annotations).toEqual({
        ...{ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9464', 'prometheus.io/path': '/metrics' },
      })
    }
  })
})

describe('network policies', () => {
  const policies = ofKind('NetworkPolicy')
  const matches = (labels: Labels, { matchLabels = {} }: { matchLabels?: Labels }) =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
  type Peer = { podSelector?: { matchLabels?: Labels }; namespaceSelector?: object }
  type Rule = { from?: Peer[]; to?: Peer[]; ports: { port: number }[] }
  /** Whom a workload lets in at a port: names of workloads, `*` for everybody. */
  const letIn = ({ labels }: Workload, port: number) =>
    policies
      .filter(({ spec }) => matches(labels, spec.podSelector))
      .flatMap(({ spec }) => (spec.ingress ?? []) as Rule[])
      .filter(({ ports }) => ports.some((each) => each.port === port))
      .flatMap(({ from }) => {
        if (from === undefined) return ['*']
        const inside = from.filter(({ namespaceSelector }) => namespaceSelector === undefined)
        return inside.flatMap(({ podSelector = {} }) =>
          all.filter(({ labels }) => matches(labels, podSelector)).map(({ name }) => name),
        )
      })
      .sort()

  test('begin with nothing being allowed', () => {
    for (const { labels } of all) {
      const both = policies.filter(({ spec }) => matches(labels, spec.podSelector) && spec.policyTypes.length === 2)
      expect(both.length).toBeGreaterThan(0)
    }
  })

  test('let clients to the gateway only, and only it and the services to the services', () => {
    expect(letIn(deployment('gateway'), 8000)).toEqual(['*'])
    for (const name of serviceNames) {
      expect(letIn(deployment(name), 50051)).toEqual(['gateway', 'guests', 'reservations', 'rooms'])
      for (const port of [8000, 5432, 9464]) expect(letIn(deployment(name), port)).toEqual([])
    }
    expect(letIn(deployment('redis'), 6379)).toEqual(['reservations'])
    expect(letIn(deployment('limits'), 8081)).toEqual(['gateway'])
    expect(letIn(deployment('limits-redis'), 6379)).toEqual(['limits'])
    for (const each of all.filter(({ kind }) => kind === 'Job'))
      for (const port of [8000, 50051, 9464]) expect(letIn(each, port)).toEqual([])
  })
})

describe('what is installed', () => {
  test('is named by a kustomization, every file of it', async () => {
    const folders = [...(await installable()), 'base', 'images', 'shared-limits']
    const named = await Promise.all(
      folders.map(async (folder) => {
        const { resources = [], components = [] } = await kustomization(folder)
        return [...resources, ...components].map((each) => path.join(folder, each))
      }),
    )
    const used = new Set(named.flat())
    for (const each of used) expect([each, existsSync(path.join(KUBERNETES, each))]).toEqual([each, true])
    const unused = manifests.filter(({ file }) => !used.has(file) && !file.startsWith('examples/'))
    expect([...new Set(unused.map(({ file }) => file))].filter((file) => !used.has(path.dirname(file)))).toEqual([])
  })

  test('has exact versions, those of docker-compose.yml, and ours of the API', async () => {
    const { compose } = await readCompose()
    const { images = [] } = await kustomization('images')
    const tags = new Map(images.map(({ name, newTag }) => [name, newTag]))
    const used = all.flatMap(({ pod }) => containersOf(pod).map(({ image }) => image))
    expect([...new Set(used)].sort()).toEqual([...tags.keys()].sort())
    const { info } = openApi(readApi(await readDescriptors())) as { info: { version: string } }
    const limits = parse(read('docker-compose.limits.yml'), { merge: true }) as typeof compose
    const services = { ...compose.services, ...limits.services }
    const pulled = Object.values(services).flatMap(({ image }) => image ?? [])
    for (const [name, tag] of tags)
      if (name.startsWith('hotel/')) expect([name, tag]).toEqual([name, info.version])
      else expect(pulled).toContain(`${name}:${tag}`)
  })

  test('can lose an instance, and be updated without one less', () => {
    for (const name of [...serviceNames, 'gateway']) {
      const { spec } = ofKind('Deployment').find(({ metadata }) => metadata.name === name) as Manifest
      expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 })
      const budget = ofKind('PodDisruptionBudget').find(({ metadata }) => metadata.name === name)
      expect(budget?.spec).toMatchObject({ maxUnavailable: 1, selector: spec.selector })
      expect(spec.template.spec.topologySpreadConstraints).toHaveLength(2)
      // An autoscaler decides, or an overlay.
      expect(spec.replicas).toBeUndefined()
    }
  })

  test('fits the connections of the example of Postgres', async () => {
    const [, each = ''] = /^That is (\d+) for an instance/m.exec(read('docs/operating.md')) ?? []
    const most = ofKind('HorizontalPodAutoscaler').filter(({ metadata }) =>
      serviceNames.some((name) => name === metadata.name),
    )
    expect(most).toHaveLength(serviceNames.length)
    const instances = most.reduce((sum, { spec }) => sum + spec.maxReplicas + 1, 0)
    const [cluster] = ofKind('Cluster')
    const { max_connections } = cluster?.spec.postgresql.parameters ?? {}
    expect(instances * Number(each)).toBeLessThan(Number(max_connections))
  })

  test('is scaled by a metric that the adapter makes', async () => {
    const { rules } = parse(await readManifest('examples/prometheus-adapter/values.yaml'))
    const made = rules.custom.map(({ name }: { name: { as: string } }) => name.as)
    const asked = ofKind('HorizontalPodAutoscaler').flatMap(({ spec }) =>
      spec.metrics.flatMap(({ pods }: { pods?: { metric: { name: string } } }) => pods?.metric.name ?? []),
    )
    expect(new Set(asked)).toEqual(new Set(made))
    expect(asked).toHaveLength(serviceNames.length)
  })
})

describe('update.sh', () => {
  let folder: string
  const run = (overlay: string, reservations = 'SuccessCriteriaMet Complete', seconds = '60') => {
    const states = `guests Complete\nrooms Complete\nreservations ${reservations}\n`
    const environment = {
      ...{ PATH: `${folder}:/usr/bin:/bin`, LOG: path.join(folder, 'log') },
      ...{ STATES: states, DATABASE_SECONDS: seconds },
    }
    rmSync(environment.LOG, { force: true })
    const script = path.join(KUBERNETES, 'update.sh')
    try {
      execFileSync('sh', [script, overlay], { env: environment, stdio: 'pipe' })
    } catch (error) {
      return { error: String((error as { stderr: Buffer }).stderr), steps: steps(environment.LOG) }
    }
    return { error: undefined, steps: steps(environment.LOG) }
  }
  const steps = (log: string) => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hotel-kubectl-'))
    const kubectl = path.join(folder, 'kubectl')
    writeFileSync(
      kubectl,
      '#!/bin/sh\nprintf "%s\\n" "$*" >> "$LOG"\ncase "$*" in *"get job"*) printf %s "$STATES" ;; esac\n',
    )
    chmodSync(kubectl, 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('changes the pods once the databases are prepared', () => {
    const { error, steps } = run('overlays/small')
    expect(error).toBeUndefined()
    const shown = steps.map((step) =>
      step.replaceAll(KUBERNETES, '').replace(/--(selector|timeout) \S+ ?|--output .*/g, ''),
    )
    expect(shown).toEqual([
      '--namespace hotel delete job --ignore-not-found --wait',
      'apply --kustomize /database',
      '--namespace hotel get job ',
      'apply --kustomize /overlays/small',
      ...['guests', 'rooms', 'reservations', 'gateway'].map(
        (name) => `--namespace hotel rollout status deployment/${name} `,
      ),
    ])
  })

  test.each([
    ['a Job has failed', 'FailureTarget Failed', '60'],
    ['a Job takes too long', '', '0'],
  ])('leaves the pods as they are when %s, and shows the last lines of the Jobs', (_, state, seconds) => {
    const { error, steps } = run('overlays/small', state, seconds)
    expect(error).toContain('The databases could not be prepared')
    expect(steps.at(-1)).toContain('logs')
  })

  test('names the overlays to whom names none of them', () => {
    expect(run('overlays/none')).toMatchObject({
      error: expect.stringContaining('overlays/autoscaled overlays/small'),
      steps: [],
    })
  })
})

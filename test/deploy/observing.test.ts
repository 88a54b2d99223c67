import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { otlpSettings } from '@hotel/runtime/telemetry/otlp'
import { serviceNames } from '@hotel/stack/service-names'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { root } from '../../stack/setup/run.mjs'
import { readCompose } from './container-files.ts'
import { filesOf } from './image-files.ts'

const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const env = parseEnv(read('stack/observe.env')) as Record<string, string>
const { compose } = await readCompose(env)
const { compose: without } = await readCompose()
const observers = Object.entries(compose.services).filter(([, { profiles }]) => String(profiles) === 'observe')
const volumesOf = (name: string) =>
  ((compose.services[name]?.volumes ?? []) as string[]).map((volume) => volume.split(':') as [string, string, string?])
const traced = [...serviceNames, 'gateway']

/** What the container has at this path, as a path of the repository. */
function mountedAt(name: string, file: string): string {
  const [source, target] = volumesOf(name).find(([, target]) => file.startsWith(`${target}/`)) ?? []
  return source === undefined ? '' : path.join(source, path.relative(target ?? '', file))
}

describe('the profile `observe` of docker-compose.yml', () => {
  test('is what stack/observe.env chooses, and nothing else needs its containers', () => {
    expect(env.COMPOSE_PROFILES).toBe('observe')
    expect(observers.map(([name]) => name).sort()).toEqual(['grafana', 'jaeger', 'prometheus'])
    for (const { depends_on = {} } of Object.values(compose.services))
      for (const [name] of observers) expect(Object.keys(depends_on)).not.toContain(name)
  })

  test.each(observers)(
    'publishes %s to this machine only, from a network that the suite is not on',
    (name, service) => {
      const ports = service.ports as string[]
      expect(ports).toHaveLength(1)
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
      // Grafana asks Prometheus only.
      expect(service.networks).toEqual(name === 'grafana' ? ['observe'] : ['suite', 'observe'])
      for (const name of traced) expect(compose.services[name]?.networks).not.toContain('observe')
    },
  )

  test.each(observers)('restarts %s, and asks for its health at the port that is published', (_, service) => {
    expect(service.restart).toBe('unless-stopped')
    const [, port = ''] = /:(\d+)$/.exec(String((service.ports as string[])[0])) ?? []
    expect(service.healthcheck.test?.join(' ')).toContain(`http://127.0.0.1:${port}/`)
  })

  test.each(observers)('mounts for %s only files that exist, read-only, and volumes that are declared', (name) => {
    for (const [source, , mode = ''] of volumesOf(name)) {
      if (!source.startsWith('./')) expect(Object.keys(compose.volumes as object)).toContain(source)
      else {
        expect(filesOf(source.replace('./', ''))).not.toHaveLength(0)
        expect(mode.split(',')).toContain('ro')
      }
    }
  })

  test('its Prometheus has the configuration of deploy/observe, whose targets are containers with metrics there', () => {
    const [config = ''] = compose.services.prometheus?.command ?? []
    const file = mountedAt('prometheus', config.replace('--config.file=', ''))
    expect(file).toBe('deploy/observe/prometheus.yml')
    const { rule_files, scrape_configs } = parse(read(file))
    const [targetsFile] = scrape_configs[0].file_sd_configs[0].files as string[]
    for (const beside of [...rule_files, targetsFile])
      expect(filesOf(path.join('deploy/observe', beside))).toHaveLength(1)
    const targets = JSON.parse(read(path.join('deploy/observe', targetsFile ?? ''))) as {
      targets: string[]
      labels: { service: string }
    }[]
    expect(targets.map(({ labels }) => labels.service).sort()).toEqual([...traced].sort())
    for (const { targets: addresses, labels } of targets) {
      const [, port] = /:(\d+)$/.exec(compose.services[labels.service]?.environment?.METRICS_ADDRESS ?? '') ?? []
      expect(addresses).toEqual([`${labels.service}:${port}`])
    }
  })

  test('its Grafana has the dashboards of deploy/observe, and asks the profile’s Prometheus', () => {
    const provisioned = (name: string) =>
      parse(read(mountedAt('grafana', `/etc/grafana/provisioning/${name}/hotel.yml`)))
    const [{ url, type }] = provisioned('datasources').datasources
    expect(type).toBe('prometheus')
    const { hostname, port } = new URL(url)
    expect(compose.services[hostname]?.ports).toEqual([`127.0.0.1:9090:${port}`])
    const [{ options }] = provisioned('dashboards').providers
    expect(mountedAt('grafana', `${options.path}/calls.json`)).toBe('deploy/observe/dashboards/calls.json')
  })

  test('its Jaeger takes the traces that the services and the gateway send, and without it they send none', () => {
    const [option, config = ''] = compose.services.jaeger?.command ?? []
    expect(option).toBe('--config')
    const file = mountedAt('jaeger', config)
    const { receivers, extensions } = parse(read(file))
    const portIn = (endpoint: string) => /:-(\d+)\}$/.exec(endpoint)?.[1]
    for (const name of traced) {
      const url = otlpSettings(compose.services[name]?.environment ?? {})?.url
      expect([url?.hostname, url?.port]).toEqual(['jaeger', portIn(receivers.otlp.protocols.http.endpoint)])
      expect(otlpSettings(without.services[name]?.environment ?? {})).toBeUndefined()
    }
    expect(compose.services.jaeger?.ports).toEqual([`127.0.0.1:16686:${portIn(extensions.jaeger_query.http.endpoint)}`])
  })
})

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { root } from '../../stack/setup/run.mjs'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, guestAndRoom } from '../support/hotel.ts'

// Dashboards and alerts ask for metrics that there really are: each name and label is looked for in what a suite says.
const OBSERVE = path.join(root, 'deploy', 'observe')
type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }
type Alert = {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

let suite: Suite
/** Each metric with the names of the labels that its series have. */
const known = new Map<string, Set<string>>()
let alerts: readonly Alert[]
beforeAll(async () => {
  suite = await sharedSuite({ requestsPerSecond: 1_000, statusChangesPerMinute: 1 })
  const { guest, room } = await guestAndRoom(suite)
  const stay = { guest, room, in_date: day(), out_date: day(1) }
  await suite.gateway.reservations.createReservation(stay)
  await suite.gateway.reservations.createReservation(stay).catch(() => {})
  await suite.rest('GET', '/reservations/current_and_upcoming')
  await Promise.all([
    ...serviceNames.map((name) => read(`http://${suite.stack.metricsAddresses[name][0]}/metrics`)),
    read(`http://127.0.0.1:${suite.stack.gateway?.adminPort}/stats/prometheus`),
  ])
  // What Prometheus adds itself, by its configuration and of its own.
  known.set('up', new Set(['job', 'service', 'instance']))
  for (const labels of known.values()) for (const label of ['service', 'instance', 'job']) labels.add(label)
  alerts = parse(await readFile(path.join(OBSERVE, 'alerts.yml'), 'utf8')).groups.flatMap(
    ({ rules }: { readonly rules: readonly Alert[] }) => rules,
  )
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

async function read(url: string): Promise<void> {
  for (const line of (await (await fetch(url)).text()).split('\n')) {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (name === '') continue
    const names = known.get(name) ?? new Set()
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) names.add(label)
    known.set(name, names)
  }
}

const FUNCTIONS = new Set(
  [
    'sum',
    'min',
    'max',
    'by',
    'on',
    'rate',
    'increase',
    'histogram_quantile',
    'group_left',
    'label_values',
    'le',
  ].concat(['__rate_interval']),
)

/** What an expression asks for that there is not. */
function unknown(expr: string): string[] {
  const wrong: string[] = []
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/,\s*/))
  const bare = expr
    .replace(/\b(?:by|on) \([^)]*\)/g, ' ')
    .replace(/"[^"]*"/g, '""')
    .replace(/\[[^\]]*\]/g, '')
  const selectors = [...bare.matchAll(/([a-z]\w+)(?:\{([^}]*)\})?/g)].filter(([, name = '']) => !FUNCTIONS.has(name))
  const labels = new Set<string>()
  for (const [, name = '', matchers = ''] of selectors) {
    if (/^(\w+)=?/.test(name) && matchers === '' && /^[a-z]+$/.test(name) && name !== 'up') continue
    const has = known.get(name)
    if (has === undefined) wrong.push(name)
    for (const label of has ?? []) labels.add(label)
    for (const [, label = ''] of matchers.matchAll(/(\w+)(?:=~|!~|!=|=)/g))
      if (has !== undefined && !has.has(label)) wrong.push(`${name}{${label}}`)
  }
  if (selectors.length === 0) wrong.push('no metric at all')
  return [...wrong, ...grouped.filter((label) => !labels.has(label)).map((label) => `by (${label})`)]
}

test('each expression of a dashboard names metrics and labels that a suite has', async () => {
  const files = (await readdir(path.join(OBSERVE, 'dashboards'))).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(1)
  const wrong: Record<string, string[]> = {}
  for (const file of files) {
    const { panels } = JSON.parse(await readFile(path.join(OBSERVE, 'dashboards', file), 'utf8')) as { panels: Panel[] }
    for (const { title, targets = [] } of panels)
      for (const { expr } of targets) {
        const found = unknown(expr)
        if (found.length > 0) wrong[`${file}: ${title}`] = found
      }
  }
  expect(wrong).toEqual({})
})

test('each alert does, and has its page', async () => {
  const runbook = await readFile(path.join(root, 'docs', 'runbook.md'), 'utf8')
  const headings = new Set(runbook.match(/^## .+$/gm)?.map((line) => line.slice(3).toLowerCase().replaceAll(' ', '-')))
  for (const { alert, expr, labels, annotations } of alerts) {
    expect([alert, unknown(expr)]).toEqual([alert, []])
    expect(['page', 'ticket']).toContain(labels.severity)
    const [, anchor = ''] = /^docs\/runbook\.md#([a-z-]+)$/.exec(annotations.runbook) ?? []
    expect([...headings]).toContain(anchor)
  }
  expect(alerts).toHaveLength(headings.size)
})

test('what autoscalers go by does', async () => {
  const values = parse(
    await readFile(path.join(root, 'deploy/kubernetes/examples/prometheus-adapter/values.yaml'), 'utf8'),
  )
  for (const { metricsQuery, seriesQuery } of values.rules.custom as Record<string, string>[]) {
    // What the adapter puts in; each pod's series have its name by Prometheus' own configuration.
    const asked = metricsQuery?.replace('<<.GroupBy>>', 'grpc_method').replace(',<<.LabelMatchers>>', '') ?? ''
    expect(unknown(asked)).toEqual([])
    expect(asked).toContain(/^\w+/.exec(seriesQuery ?? '')?.[0])
  }
})

test('a metric that does not exist is found', () => {
  expect(unknown('rate(hotel_no_such_total[5m])')).toEqual(['hotel_no_such_total'])
  expect(unknown('hotel_writes_waiting{hotel="x"} > 1')).toEqual(['hotel_writes_waiting{hotel}'])
  expect(unknown('sum by (feed) (rate(grpc_server_handled_total[5m]))')).toEqual(['by (feed)'])
})

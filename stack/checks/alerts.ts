import path from 'node:path'
import { findOnPath } from '../setup/python.mjs'
import { root, run } from '../setup/run.mjs'
import { NotRun } from './dependencies/audit.ts'

const OBSERVE = path.join(root, 'deploy', 'observe')

/** Whether Prometheus' own tool takes the configuration, its targets and the alerts, and each fires as its test says. */
export async function lookAtAlerts(): Promise<string | NotRun | undefined> {
  const promtool = findOnPath('promtool')
  if (promtool === undefined)
    return new NotRun('the alerts (`promtool`, which is not on PATH: install Prometheus, `apt install prometheus`)')
  for (const args of [
    ['check', 'rules', path.join(OBSERVE, 'alerts.yml')],
    ['check', 'config', path.join(OBSERVE, 'prometheus.yml')],
    ['test', 'rules', path.join(OBSERVE, 'alerts.test.yml')],
  ]) {
    const { ok, output } = await run(promtool, args)
    if (!ok) return output
  }
  return undefined
}

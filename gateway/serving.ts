import { type ServiceName, serviceNames } from '@hotel/runtime/process/service-names'

/** Whether each service can be used through the gateway, whether all of them can, and whether Envoy itself answers. */
export type Serving = Readonly<Record<ServiceName | 'all' | 'live', boolean>>

const WITHIN_MS = 2_000
const LIVE = 0

/** Asks Envoy's administration for what `/healthz` goes by: instances that are healthy, and whether the gateway is to stop. */
export async function readServing(adminPort: number): Promise<Serving> {
  const filter = `^(cluster\\.(${serviceNames.join('|')})\\.membership_healthy|server\\.state)$`
  const url = `http://127.0.0.1:${adminPort}/stats?filter=${encodeURIComponent(filter)}`
  // One that does not answer serves nothing.
  const text = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) }).then(
    (response) => response.text(),
    () => '',
  )
  const count = (name: string) =>
    Number(new RegExp(`^${name.replaceAll('.', '\\.')}: (\\d+)$`, 'm').exec(text)?.[1] ?? NaN)
  const each = Object.fromEntries(
    serviceNames.map((name) => [name, count(`cluster.${name}.membership_healthy`) > 0]),
  ) as Record<ServiceName, boolean>
  const state = count('server.state')
  return { ...each, all: state === LIVE && Object.values(each).every(Boolean), live: !Number.isNaN(state) }
}

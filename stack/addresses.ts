import { type Ports, portVariables } from './config.ts'
import { assertFree, freePort } from './run/ports.ts'
import { type PerService, perServiceAsync, type ServiceName } from './service-names.ts'
import { Problem } from './setup/problem.mjs'

type Wanted = {
  readonly ports?: Partial<Ports>
  readonly gatewayAddress?: string
  readonly unused?: ReadonlySet<keyof Ports>
}

/** The ports named, each checked to be free, and free ones for the others. */
export async function reservePorts({ ports = {}, gatewayAddress, unused }: Wanted): Promise<Ports> {
  const names = Object.keys(portVariables) as (keyof Ports)[]
  const taken = new Map<number, string>()
  const entries = []
  for (const name of names) {
    const variable = portVariables[name]
    const port = ports[name] || (await freePort())
    const other = taken.get(port)
    if (other !== undefined)
      throw new Problem(`${variable} and ${other} are both ${port}: give each a port of its own.`)
    taken.set(port, variable)
    if (!unused?.has(name)) await assertFree(variable, port, name === 'gateway' ? gatewayAddress : undefined)
    entries.push([name, port] as const)
  }
  return Object.fromEntries(entries) as Ports
}

/** `host:port` of each instance: the first has its service's port, the others have free ones. */
export function addressesOf(
  ports: Ports,
  instances?: Partial<PerService<number>>,
): Promise<PerService<readonly string[]>> {
  return instanceAddresses((name) => ports[name], instances)
}

/** The same of where the metrics of each instance are. */
export function metricsAddressesOf(
  ports: Ports,
  instances?: Partial<PerService<number>>,
): Promise<PerService<readonly string[]>> {
  return instanceAddresses((name) => ports[`${name}Metrics`], instances)
}

function instanceAddresses(
  firstPort: (name: ServiceName) => number,
  instances: Partial<PerService<number>> = {},
): Promise<PerService<readonly string[]>> {
  return perServiceAsync(async (name) => {
    const more = Array.from({ length: (instances[name] ?? 1) - 1 }, freePort)
    return [firstPort(name), ...(await Promise.all(more))].map((port) => `127.0.0.1:${port}`)
  })
}

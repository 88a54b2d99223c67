import { type ServiceName, serviceNames } from '@hotel/runtime/process/service-names'

export { type ServiceName, serviceNames }

/** One value for each service. */
export type PerService<T> = Readonly<Record<ServiceName, T>>

/** Makes a value for each service. */
export function perService<T>(make: (name: ServiceName) => T): PerService<T> {
  return Object.fromEntries(serviceNames.map((name) => [name, make(name)])) as PerService<T>
}

/** The same, where making takes its time: all at once. When one fails, the others have ended, too, before this throws. */
export async function perServiceAsync<T>(make: (name: ServiceName) => Promise<T>): Promise<PerService<T>> {
  const making = serviceNames.map(async (name) => [name, await make(name)] as const)
  await Promise.allSettled(making)
  const entries = await Promise.all(making)
  return Object.fromEntries(entries) as PerService<T>
}

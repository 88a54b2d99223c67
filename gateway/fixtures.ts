import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { settingsFrom } from './settings.ts'

/** The descriptor set that the suite's code is generated from. */
export function readDescriptors(): Promise<Uint8Array> {
  return readFile(path.join(import.meta.dirname, '..', 'proto', 'gen', 'api.binpb'))
}

/** Settings for tests, whose upstreams are ports that nobody listens on. */
export function settingsWith(environment: Readonly<Record<string, string>>) {
  return settingsFrom({
    GATEWAY_ADDRESS: '127.0.0.1',
    GUESTS_ADDRESS: '127.0.0.1:1',
    ROOMS_ADDRESS: '127.0.0.1:1',
    RESERVATIONS_ADDRESS: '127.0.0.1:1,127.0.0.1:2',
    ...environment,
  })
}

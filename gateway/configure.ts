import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { bootstrap } from './bootstrap.ts'
import { corsTable } from './cors.ts'
import { documentsOf } from './documents.ts'
import { guardTable } from './guard.ts'
import { HEALTH_NAMES, healthNames } from './health-cluster.ts'
import { readApi } from './http-rules.ts'
import { limitsView } from './limits.ts'
import { type GatewaySettings, settingsFrom } from './settings.ts'
import { statusChecks } from './status-check.ts'

/** What Envoy is configured from: file names with their contents. */
export type GatewayFiles = Readonly<Record<string, string | Uint8Array>>

/**
 * Makes the gateway's configuration from the API's descriptor set: start Envoy with `envoy.yaml` in the directory that
 * holds all of the files. Throws when a method has an HTTP rule that the gateway can not serve as it promises.
 */
export async function configure(input: {
  readonly descriptorSet: Uint8Array
  readonly settings: GatewaySettings
}): Promise<GatewayFiles> {
  const api = readApi(input.descriptorSet)
  const documents = documentsOf(api)
  const source = (name: string) => readFile(path.join(import.meta.dirname, 'lua', name), 'utf8')
  const guard = [
    guardTable(api),
    ...(await Promise.all(['json.lua', 'refusal.lua', 'values.lua', 'guard.lua'].map(source))),
  ]
  return {
    'envoy.yaml': stringify(bootstrap(input.settings, api, documents), { aliasDuplicateObjects: false, lineWidth: 0 }),
    'api.binpb': input.descriptorSet,
    'limits-view.binpb': limitsView(api),
    'guard.lua': guard.join('\n'),
    'cors.lua': `${corsTable(input.settings.corsOrigins)}\n${await source('cors.lua')}`,
    'request.lua': `${await source('refusal.lua')}\n${await source('request.lua')}`,
    'answer.lua': await source('answer.lua'),
    'status.lua': `${statusChecks(api)}\n${await source('status.lua')}`,
    [HEALTH_NAMES]: JSON.stringify(healthNames(api)),
    ...Object.fromEntries(documents.flatMap(({ forms }) => forms).map(({ file, content }) => [file, content])),
  }
}

/** Writes the files of `configure` into a directory, which is created if need be. */
export async function writeFiles(directory: string, files: GatewayFiles): Promise<void> {
  await mkdir(directory, { recursive: true })
  // The headers of a collector are in them.
  const mode = 0o600
  await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      await writeFile(path.join(directory, name), content, { mode })
      await chmod(path.join(directory, name), mode)
    }),
  )
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, descriptors: { type: 'string' } } })
  if (values.out === undefined)
    throw new Error('usage: node gateway/configure.ts --out DIRECTORY [--descriptors api.binpb]')
  const descriptors = values.descriptors ?? path.join(import.meta.dirname, '..', 'proto', 'gen', 'api.binpb')
  const settings = settingsFrom(process.env)
  await writeFiles(values.out, await configure({ descriptorSet: await readFile(descriptors), settings }))
}

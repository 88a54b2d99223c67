import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { readApi } from '../api.ts'
import { consoleDocuments } from '../console/documents.ts'
import { readConsole } from '../console/files.ts'
import { CONSOLE } from '../console/folder.ts'
import { fixedPaths } from '../console/negotiation.ts'
import { guardTable } from '../guard/guard.ts'
import { HEALTH_NAMES, healthNames } from '../health/health-cluster.ts'
import { limitsView } from '../limits/limits.ts'
import { rateLimitServiceFile } from '../limits/shared-limits.ts'
import { statusChecks } from '../limits/status-check.ts'
import { type GatewaySettings, settingsFrom } from '../settings.ts'
import { bootstrap } from './bootstrap.ts'
import { corsTable } from './cors.ts'
import { documentsOf } from './documents.ts'
import { webTable } from './web-protocols.ts'

/** The files that Envoy is configured from: names with their contents. */
export type GatewayFiles = Readonly<Record<string, string | Uint8Array>>

/**
 * Makes the gateway's configuration from the API's descriptor set: start Envoy with `envoy.yaml` in the directory that
 * holds all of the files. Throws when a method has an HTTP rule that the gateway can not serve as it promises.
 */
export async function configure(input: {
  readonly descriptorSet: Uint8Array
  readonly settings: GatewaySettings
  /** The folder of the built console; without one, or when there is nothing in it, browsers get JSON as everybody does. */
  readonly console?: string
}): Promise<GatewayFiles> {
  const api = readApi(input.descriptorSet)
  const { settings } = input
  const pages = input.console === undefined ? undefined : await readConsole(input.console, settings.console)
  const documents = [
    ...documentsOf(api),
    ...(pages === undefined ? [] : [...consoleDocuments(api, pages, settings.console), ...pages.others]),
  ]
  const source = (name: string) => readFile(path.join(import.meta.dirname, '..', 'lua', name), 'utf8')
  const guard = [
    guardTable(api),
    ...(await Promise.all(['json.lua', 'refusal.lua', 'values.lua', 'guard.lua'].map(source))),
  ]
  return {
    'envoy.yaml': stringify(bootstrap(settings, api, documents, pages), { aliasDuplicateObjects: false, lineWidth: 0 }),
    'api.binpb': input.descriptorSet,
    'limits-view.binpb': limitsView(api),
    'guard.lua': guard.join('\n'),
    'cors.lua': `${corsTable(settings.corsOrigins)}\n${await source('cors.lua')}`,
    'web-protocols.lua': `${webTable(api)}\n${await source('web-protocols.lua')}`,
    'web-status.lua': `${await source('refusal.lua')}\n${await source('web-status.lua')}`,
    'request.lua': `${await source('refusal.lua')}\n${await source('request.lua')}`,
    'page.lua': `${fixedPaths(documents)}\n${await source('page.lua')}`,
    'answer.lua': await source('answer.lua'),
    'limits.lua': await source('limits.lua'),
    'status.lua': `${statusChecks(api)}\n${await source('status.lua')}`,
    [HEALTH_NAMES]: JSON.stringify(healthNames(api)),
    ...Object.fromEntries(
      [...documents, ...(pages ? [pages.index] : [])]
        .flatMap(({ forms }) => forms)
        .map(({ file, content }) => [file, content]),
    ),
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

/** Writes the configuration of Envoy's rate limit service to where it looks in RUNTIME_ROOT, with `limits` for RUNTIME_SUBDIRECTORY. */
async function writeRateLimits(directory: string, content: string): Promise<void> {
  const folder = path.join(directory, 'limits', 'config')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'hotel.yaml'), content)
}

if (import.meta.main) {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { out: text, 'rate-limits': text, descriptors: text, console: text } })
  const { out, 'rate-limits': rateLimits } = values
  if (out === undefined && rateLimits === undefined)
    throw new Error(
      'usage: node gateway/envoy/configure.ts [--out DIRECTORY] [--rate-limits DIRECTORY] [--descriptors api.binpb] [--console DIRECTORY]',
    )
  const descriptors = values.descriptors ?? path.join(import.meta.dirname, '..', '..', 'proto', 'gen', 'api.binpb')
  const settings = settingsFrom(process.env)
  const descriptorSet = await readFile(descriptors)
  const console = values.console ?? CONSOLE
  if (out !== undefined) await writeFiles(out, await configure({ descriptorSet, settings, console }))
  if (rateLimits !== undefined)
    await writeRateLimits(rateLimits, rateLimitServiceFile(settings, readApi(descriptorSet)))
}

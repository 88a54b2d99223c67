import type { Api } from '../api.ts'
import { statusMethods } from './limits.ts'

/**
 * The data that status.lua needs, as Lua source: for the path of each method that can change a status the path of its
 * check, with the cluster to ask. Throws when a method has no check of its own.
 */
export function statusChecks(api: Api): string {
  const entries = statusMethods(api).map(({ desc, path, service }) => {
    const checks = api.registry.getService(`${desc.parent.file.proto.package}.StatusCheckService`)
    const check = checks?.methods.find(({ name }) => name === `Check${desc.name}`)
    if (checks === undefined || check?.input !== desc.input)
      throw new Error(`${path}: its change of status has no check`)
    return `["${path}"] = { cluster = "${service}", path = "/${checks.typeName}/${check.name}" }`
  })
  return `local checks = { ${entries.join(', ')} }\n`
}

import { type Api, enumNames, fieldType, type HttpRule, outputOnly } from './http-rules.ts'
import { statusMethods } from './limits.ts'

/** Name of the guard's filter, and of the stream metadata in which it marks the answers it wrote. */
export const guardFilter = 'hotel.guard'
export const refusedKey = 'refused'

const verbs: readonly HttpRule['verb'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Lua values that the generated table consists of. */
type Lua = string | boolean | readonly Lua[] | { readonly [key: string]: Lua | undefined }

/**
 * The data that guard.lua decides on, as Lua source: for every path its pattern, and for every method on it the body
 * keys and query names with their types. Literal segments come before variables, as the transcoder matches them.
 */
export function guardTable(api: Api): string {
  const templates = new Map<string, { methods: Record<string, Lua>; output: string; rule: HttpRule }>()
  for (const method of api.methods) {
    const rule = method.http
    if (rule === undefined) continue
    const template = templates.get(rule.template) ?? { methods: {}, output: method.desc.output.name, rule }
    if (template.methods[rule.verb] !== undefined)
      throw new Error(`${rule.verb} ${rule.template} stands in the API twice`)
    const fields = method.desc.input.fields
    const types = Object.fromEntries(
      fields.map((field) => {
        const type = fieldType(field)
        return [
          field.name,
          type === 'enum'
            ? {
                names: Object.fromEntries(enumNames(field).map((name) => [name, true])),
                list: enumNames(field).join(', '),
              }
            : type,
        ]
      }),
    )
    const ignored = Object.fromEntries(outputOnly(api.registry, method.desc.output).map((name) => [name, 'ignored']))
    const query = Object.fromEntries(Object.entries(types).filter(([name]) => !rule.variables.includes(name)))
    template.methods[rule.verb] = {
      body: rule.body ? { ...ignored, ...types } : {},
      query: rule.body ? {} : query,
      ...(method.kind === 'stream' && { stream: true }),
    }
    templates.set(rule.template, template)
  }
  const ordered = [...templates.values()].sort((a, b) => specificity(b.rule) - specificity(a.rule))
  const table = ordered.map(({ methods, output, rule }) => ({
    pattern: pattern(rule.template),
    variables: rule.variables,
    resource: snakeCase(output),
    allow: verbs.filter((verb) => methods[verb] !== undefined).join(', '),
    methods,
  }))
  const whole = Object.fromEntries(statusMethods(api).map((method) => [method.path, true as const]))
  return `local templates = ${lua(table)}\nlocal whole_message = ${lua(whole)}\n`
}

function specificity({ template, variables }: HttpRule): number {
  return (template.includes(':') ? 1 : 0) - 10 * variables.length
}

/** A Lua pattern for a template; `-` and `.` do not occur in the names that http-rules.ts lets through. */
function pattern(template: string): string {
  return `^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`.replaceAll('([^/]+):', '([^/:]+):')
}

function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

function lua(value: Lua): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'boolean') return String(value)
  if (isList(value)) return `{${value.map(lua).join(', ')}}`
  const entries = Object.entries(value).map(([key, entry]) =>
    entry === undefined ? '' : `[${JSON.stringify(key)}] = ${lua(entry)}`,
  )
  return `{${entries.join(', ')}}`
}

function isList(value: Lua): value is readonly Lua[] {
  return Array.isArray(value)
}

import type { DescMessage } from '@bufbuild/protobuf'
import { snakeCase } from '@hotel/runtime/errors/snake-case'
import { type Api, type HttpRule, outputOnly } from '../api.ts'
import { enumNames, type FieldType, fieldType, fitsQuery } from './field-types.ts'

/** Name of the guard's filter, and of the stream metadata in which it marks the answers it wrote. */
export const guardFilter = 'hotel.guard'
export const refusedKey = 'refused'

const verbs: readonly HttpRule['verb'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Lua values that the generated table consists of. */
type Lua = string | boolean | readonly Lua[] | { readonly [key: string]: Lua | undefined }

/**
 * The data that guard.lua decides on, as Lua source: for every path its pattern, for every method on it the body keys and
 * query names with their types, and the messages these hold; the paths of gRPC that take one message; and what an id matches. Literal segments come before variables, as the transcoder
 * matches them.
 */
export function guardTable(api: Api): string {
  const messages = new Map<string, Record<string, Lua>>()
  const templates = new Map<string, { methods: Record<string, Lua>; output: string; rule: HttpRule }>()
  for (const method of api.methods) {
    const rule = method.http
    if (rule === undefined) continue
    const template = templates.get(rule.template) ?? { methods: {}, output: method.desc.output.name, rule }
    if (template.methods[rule.verb] !== undefined)
      throw new Error(`${rule.verb} ${rule.template} stands in the API twice`)
    const fields = method.desc.input.fields.map((field) => ({ name: field.name, type: fieldType(field) }))
    const ignored = Object.fromEntries(outputOnly(api.registry, method.desc.output).map((name) => [name, 'ignored']))
    const body = Object.fromEntries(fields.map(({ name, type }) => [name, luaType(type, messages)]))
    const query = fields.filter(({ name, type }) => !rule.variables.includes(name) && fitsQuery(type))
    template.methods[rule.verb] = {
      body: rule.body ? { ...ignored, ...body } : {},
      query: rule.body ? {} : Object.fromEntries(query.map(({ name, type }) => [name, luaType(type, messages)])),
      write: method.kind === 'write',
      ...(method.kind === 'stream' && { stream: true }),
    }
    templates.set(rule.template, template)
  }
  const ordered = [...templates.values()].sort((a, b) => specificity(b.rule) - specificity(a.rule))
  const table = ordered.map(({ methods, output, rule }) => ({
    pattern: pattern(rule.template),
    variables: rule.variables,
    resource: snakeCase(output),
    allow: allowed(verbs.filter((verb) => methods[verb] !== undefined)),
    methods,
  }))
  const takesOne = api.methods.filter(({ desc }) => ['unary', 'server_streaming'].includes(desc.methodKind))
  const whole = Object.fromEntries(takesOne.map((method) => [method.path, true as const]))
  return [
    `local messages = ${lua(Object.fromEntries(messages))}`,
    `local templates = ${lua(table)}`,
    `local one_message = ${lua(whole)}`,
    `local id_pattern = ${lua(luaPattern(api.constraints.kinds.get('id')?.patterns[0].source ?? ''))}\n`,
  ].join('\n')
}

/** The methods of a path as the header `allow` lists them: what can be read answers HEAD, too, and every path OPTIONS. */
function allowed(verbs: readonly HttpRule['verb'][]): string {
  return [...verbs.flatMap((verb) => (verb === 'GET' ? ['GET', 'HEAD'] : [verb])), 'OPTIONS'].join(', ')
}

/** A type as values.lua reads it; the fields of a message are put into `messages`, under its name. */
function luaType(type: FieldType, messages: Map<string, Record<string, Lua>>): Lua {
  switch (type.kind) {
    case 'enum':
      return {
        names: Object.fromEntries(enumNames(type.desc).map((name) => [name, true])),
        all: enumNames(type.desc).join(', '),
      }
    case 'list':
      return { list: luaType(type.of, messages) }
    case 'map':
      return { map: luaType(type.of, messages) }
    case 'message':
      return { message: luaMessage(type.desc, messages) }
    case 'status':
      throw new Error('a request has a google.rpc.Status in it, which the guard cannot check')
    default:
      return type.kind
  }
}

function luaMessage(message: DescMessage, messages: Map<string, Record<string, Lua>>): string {
  if (!messages.has(message.typeName)) {
    // Known by name before its fields are read: a message may hold others of its kind.
    const fields: Record<string, Lua> = {}
    messages.set(message.typeName, fields)
    for (const field of message.fields) fields[field.name] = luaType(fieldType(field), messages)
  }
  return message.typeName
}

function specificity({ template, variables }: HttpRule): number {
  return (template.includes(':') ? 1 : 0) - 10 * variables.length
}

/** A Lua pattern for a template; `-` and `.` do not occur in the names that http-rules.ts lets through. */
function pattern(template: string): string {
  return `^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`.replaceAll('([^/]+):', '([^/:]+):')
}

/**
 * The Lua pattern of a regular expression of literals and classes of characters, which may be counted; throws for any other.
 * Lua counts nothing: a class is written as often as it stands there.
 */
function luaPattern(expression: string): string {
  if (!/^\^(\[[\w-]+\](\{\d+\})?|[\w-])+\$$/.test(expression))
    throw new Error(`the guard cannot check what is to match ${expression}`)
  return expression
    .replaceAll(/(\[[\w-]+\])\{(\d+)\}/g, (_, characters: string, times: string) => characters.repeat(Number(times)))
    .replaceAll(/-(?![^[]*\])/g, '%-')
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

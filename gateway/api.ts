import {
  createFileRegistry,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  getOption,
} from '@bufbuild/protobuf'
import { type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { readCosts } from '@hotel/runtime/access/costs'
import { readScopes } from '@hotel/runtime/access/scopes'
import { type ServiceName, serviceNames } from '@hotel/runtime/process/service-names'
import { type Constraints, readConstraints } from '@hotel/runtime/protos/constraints'

/** Everything the gateway offers: the services that have at least one method with an HTTP rule. */
export type Api = {
  readonly registry: FileRegistry
  readonly descriptors: FileDescriptorSet
  readonly constraints: Constraints
  readonly methods: readonly ApiMethod[]
}

/** One method that callers can reach; without `http` by gRPC only. */
export type ApiMethod = {
  readonly desc: DescMethod
  /** The service process that answers it. */
  readonly service: ServiceName
  /** gRPC path: `/package.Service/Method`. */
  readonly path: string
  /** A read may be repeated freely; a stream has no end of its own. */
  readonly kind: 'read' | 'write' | 'stream'
  /** The scope that a caller's token must have. */
  readonly scope: string
  /** How many requests of the client's limit a call counts as. */
  readonly cost: number
  readonly http?: HttpRule
}

export type HttpRule = {
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As in the proto, `/guests/{id}:undelete`. */
  readonly template: string
  readonly variables: readonly string[]
  /** Whether the whole request is the body; else the fields outside the path are query parameters. */
  readonly body: boolean
}

/** Reads the public methods and their HTTP rules from a descriptor set; throws for a rule the gateway can not serve. */
export function readApi(descriptorSet: Uint8Array): Api {
  const descriptors = fromBinary(FileDescriptorSetSchema, descriptorSet)
  const registry = createFileRegistry(descriptors)
  const http = registry.getExtension('google.api.http')
  if (http === undefined) throw new Error('the descriptor set lacks google/api/annotations.proto')
  const scopes = readScopes(descriptorSet)
  const costs = readCosts(descriptorSet)
  const methods: ApiMethod[] = []
  for (const file of registry.files) {
    for (const service of file.services) {
      const rules = service.methods.map((desc) => ({ desc, http: httpRule(desc, http) }))
      if (!rules.some((rule) => rule.http)) continue
      for (const { desc, http } of rules) {
        methods.push({
          desc,
          service: serviceOf(service.typeName),
          path: `/${service.typeName}/${desc.name}`,
          kind: kindOf(desc),
          scope: scopes.get(`/${service.typeName}/${desc.name}`) ?? '',
          cost: costs.get(`/${service.typeName}/${desc.name}`) ?? 1,
          ...(http && { http }),
        })
      }
    }
  }
  return { registry, descriptors, constraints: readConstraints(descriptorSet), methods }
}

/** Whether a message has a field of this name. */
export function hasField(message: DescMessage, name: string): boolean {
  return message.fields.some((field) => field.name === name)
}

/** Names of the fields of a message that only the service sets (AIP-203). */
export function outputOnly(registry: FileRegistry, message: DescMessage): string[] {
  return message.fields.filter((field) => hasBehavior(registry, field, 'OUTPUT_ONLY')).map((field) => field.name)
}

/** Whether a field carries this `google.api.field_behavior`. */
export function hasBehavior(registry: FileRegistry, field: DescField, behavior: string): boolean {
  const extension = registry.getExtension('google.api.field_behavior')
  const number = registry.getEnum('google.api.FieldBehavior')?.values.find((value) => value.name === behavior)?.number
  if (extension === undefined || number === undefined) return false
  return (getOption(field, extension) as unknown as readonly number[]).includes(number)
}

function serviceOf(typeName: string): ServiceName {
  const name = serviceNames.find((service) => typeName.startsWith(`hotel.${service}.`))
  if (name === undefined) throw new Error(`${typeName}: no service of the suite answers this package`)
  return name
}

function kindOf(desc: DescMethod): ApiMethod['kind'] {
  if (desc.methodKind !== 'unary') return 'stream'
  return /^(Get|List)[A-Z]/.test(desc.name) ? 'read' : 'write'
}

function httpRule(desc: DescMethod, extension: DescExtension): HttpRule | undefined {
  // An extension known only at run time has no static type; google/api/http.proto gives its shape.
  const rule = getOption(desc, extension) as unknown as {
    pattern: { case?: string; value?: string }
    body: string
    additionalBindings: readonly unknown[]
  }
  const { case: verb, value: template } = rule.pattern
  if (verb === undefined || template === undefined) return undefined
  const variables = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
  const plain = /^(\/(\w+|\{\w+\}))+(:\w+)?$/.test(template)
  const known = variables.every((name) => desc.input.fields.some((field) => field.name === name))
  if (!plain || !known || !['', '*'].includes(rule.body) || rule.additionalBindings.length > 0)
    throw new Error(`${desc.parent.typeName}.${desc.name}: the gateway does not support this google.api.http rule`)
  return { verb: verb.toUpperCase() as HttpRule['verb'], template, variables, body: rule.body === '*' }
}

import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { comments } from './comments.ts'
import { type FieldType, fieldType } from './field-types.ts'
import { type Api, type ApiMethod, hasBehavior, hasField, outputOnly } from './http-rules.ts'
import {
  boundsOf,
  messageRules,
  type StringSchemaName,
  snakeCase,
  stringField,
  stringSchemas,
} from './openapi-constraints.ts'
import { enumSchema, maskSchema, scalarSchemas } from './openapi-types.ts'

/** A piece of the document: JSON Schema or OpenAPI's own objects. */
export type Schema = { readonly [key: string]: unknown }

/** The schemas of the document: each is made when something refers to it first. */
export type Schemas = {
  /** What a method takes as its body. */
  request(method: ApiMethod): Schema
  /** What is answered. */
  answer(message: DescMessage): Schema
  /** A field outside the body. */
  parameter(field: DescField): Schema
  /** A string by the name of its schema. */
  string(name: StringSchemaName): Schema
  /** All that were referred to. */
  readonly components: Readonly<Record<string, Schema>>
}

/** Fields of messages that an answer always has, where the type alone would let them be absent. */
const alwaysAnswered: ReadonlySet<string> = new Set(['create_time', 'update_time'])

/** What a value stands in: an answer is as the transcoder writes it, a request as the guard and the services take it. */
type Use = 'request' | 'answer'

/** Makes the Schemas of an API, with its comments as descriptions. */
export function schemasOf(api: Api, texts: ReturnType<typeof comments>): Schemas {
  const components: Record<string, Schema> = {}
  const names = new Map<string, string>()
  const resources = resourceNames(api)

  /** Refers to a component, made at the first reference; its name is taken before, as it may refer to itself. */
  const component = (key: string, name: string, make: () => Schema): Schema => {
    if (!names.has(key)) {
      const own = name in components ? key.replaceAll(/[^A-Za-z0-9]+/g, '_') : name
      names.set(key, own)
      components[own] = {}
      components[own] = make()
    }
    return { $ref: `#/components/schemas/${names.get(key)}` }
  }
  const string = (name: StringSchemaName) => component(`string ${name}`, name, () => stringSchemas[name])

  const ofType = (type: FieldType, field: DescField, use: Use): Schema => {
    switch (type.kind) {
      case 'string':
        return string(stringField(field, resources).schema)
      case 'mask':
        return maskSchema(field)
      case 'status':
        return { $ref: '#/components/schemas/Status' }
      case 'enum':
        return component(type.desc.typeName, shortName(type.desc), () => enumSchema(type.desc, texts))
      case 'message':
        return ofMessage(type.desc, use)
      case 'list':
        return { type: 'array', items: ofType(type.of, field, use), ...boundsIn(use, field) }
      case 'map':
        return { type: 'object', additionalProperties: ofType(type.of, field, use) }
      default:
        return { ...scalarSchemas[type.kind], ...boundsIn(use, field) }
    }
  }
  const described = (field: DescField, schema: Schema): Schema => ({
    ...schema,
    description: texts.get(field.proto) ?? '',
  })

  const ofMessage = (message: DescMessage, use: Use): Schema =>
    component(
      `${message.typeName} ${use}`,
      use === 'answer' ? shortName(message) : `${shortName(message)}Input`,
      () => {
        const required = message.fields.filter(use === 'answer' ? isAlwaysAnswered : (field) => isRequired(api, field))
        const property = (field: DescField) =>
          use === 'answer' ? ofType(fieldType(field), field, use) : requestField(field)
        return {
          type: 'object',
          description: texts.get(message.proto) ?? '',
          properties: Object.fromEntries(
            message.fields.map((field) => [field.name, described(field, property(field))]),
          ),
          ...(required.length > 0 && { required: required.map((field) => field.name) }),
          ...(use === 'request' && { additionalProperties: false, ...rulesOf(message) }),
        }
      },
    )

  const requestField = (field: DescField): Schema => {
    const schema = ofType(fieldType(field), field, 'request')
    return isRequired(api, field) ? schema : orAbsent(schema, isEmptyAbsent(field))
  }

  const ofBody = ({ desc, http }: ApiMethod): Schema => {
    const { input, output } = desc
    const path = http?.variables ?? []
    const fields = input.fields.filter((field) => !path.includes(field.name))
    const required = fields.filter((field) => isRequired(api, field))
    const ignored = outputOnly(api.registry, output).filter((name) => !fields.some((field) => field.name === name))
    return {
      type: 'object',
      description: texts.get(input.proto) ?? '',
      properties: {
        ...Object.fromEntries(fields.map((field) => [field.name, described(field, requestField(field))])),
        ...Object.fromEntries(ignored.map((name) => [name, { readOnly: true, description: 'Ignored.' }])),
        ...Object.fromEntries(
          path.map((name) => [name, { readOnly: true, description: 'That of the path, if given.' }]),
        ),
      },
      ...(required.length > 0 && { required: required.map((field) => field.name) }),
      additionalProperties: false,
      ...rulesOf(input),
    }
  }

  return {
    request: (method) => component(`${method.path} body`, shortName(method.desc.input), () => ofBody(method)),
    answer: (message) => ofMessage(message, 'answer'),
    parameter: (field) => ofType(fieldType(field), field, 'request'),
    string,
    components,
  }
}

/** The names by which fields refer to the resources that have an id. */
export function resourceNames(api: Api): ReadonlySet<string> {
  const answers = api.methods
    .map((method) => method.desc.output)
    .filter((output) => hasField(output, 'id') && hasField(output, 'etag'))
  return new Set(answers.map((output) => snakeCase(output.name)))
}

/** Whether the empty string, which is what an absent field of this kind holds, says nothing. */
export function isEmptyAbsent(field: DescField): boolean {
  return field.fieldKind === 'scalar' && field.presence === FeatureSet_FieldPresence.IMPLICIT
}

/** Whether a request must have the field. */
export function isRequired(api: Api, field: DescField): boolean {
  return hasBehavior(api.registry, field, 'REQUIRED')
}

function isAlwaysAnswered(field: DescField): boolean {
  const { fieldKind, presence, name } = field
  return (
    fieldKind === 'list' ||
    fieldKind === 'map' ||
    presence !== FeatureSet_FieldPresence.EXPLICIT ||
    alwaysAnswered.has(name)
  )
}

function boundsIn(use: Use, field: DescField): Schema {
  return use === 'request' ? boundsOf(field) : {}
}

/** Name without the package, `ReservationStatus` for the enum nested in Reservation. */
function shortName({ typeName, file }: DescMessage | DescEnum): string {
  return typeName.slice(file.proto.package.length + 1).replaceAll('.', '')
}

/** What fields owe to each other: the rules of the table, and that of a oneof at most one is given. */
function rulesOf({ name, oneofs }: DescMessage): Schema {
  const pairs = oneofs.flatMap(({ fields }) =>
    fields.flatMap((field, index) => fields.slice(index + 1).map((other) => [field.name, other.name])),
  )
  const rules = [...(messageRules[name] ?? []), ...pairs.map((required) => ({ not: { required } }))]
  return rules.length > 0 ? { allOf: rules } : {}
}

/** A field that may be left out may also be null, and a string without presence empty. */
function orAbsent(schema: Schema, empty: boolean): Schema {
  if (schema.$ref === undefined) return { ...schema, type: [schema.type, 'null'] }
  const none = empty ? { type: ['string', 'null'], maxLength: 0 } : { type: 'null' }
  return { anyOf: [schema, none] }
}

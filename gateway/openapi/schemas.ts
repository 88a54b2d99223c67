import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { snakeCase } from '@hotel/runtime/errors/snake-case'
import type { Kind } from '@hotel/runtime/protos/constraints'
import { type Api, type ApiMethod, hasBehavior, hasField, outputOnly } from '../api.ts'
import { enumNames, type FieldType, fieldType } from '../guard/field-types.ts'
import type { comments } from './comments.ts'
import { boundsOf, constraintOf, orEmpty, stringSchema } from './constraints.ts'
import type { Schema } from './schema.ts'
import { enumSchema, maskSchema, scalarSchemas } from './types.ts'

/** The schemas of the document: each is made when something refers to it first. */
export type Schemas = {
  /** The schema of a method's body. */
  request(method: ApiMethod): Schema
  /** The schema of the answer. */
  answer(message: DescMessage): Schema
  /** The fields of what is answered, by their names. */
  fields(message: DescMessage): Schema
  /** A field outside the body. */
  parameter(field: DescField): Schema
  /** All that were referred to. */
  readonly components: Readonly<Record<string, Schema>>
}

/** Fields of messages that an answer always has, where the type alone would let them be absent. */
const alwaysAnswered: ReadonlySet<string> = new Set(['create_time', 'update_time'])

/** The direction of a value: an answer is as the transcoder writes it, a request as the guard and the services accept it. */
type Use = 'request' | 'answer'

/** Makes the Schemas of an API, with its comments as descriptions. */
export function schemasOf(api: Api, texts: ReturnType<typeof comments>): Schemas {
  const components: Record<string, Schema> = {}
  const names = new Map<string, string>()
  const alike = enumsWithCommonValues(api)

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
  const said = ({ name }: Kind) => texts.get(api.registry.getExtension(`hotel.rules.v1.${name}`)?.proto ?? {}) ?? ''
  /** A string, or none, which an empty one says. */
  const string = (field: DescField, isZeroNone: boolean): Schema => {
    const own = constraintOf(api, field)
    const one = stringSchema(field.name, own?.items ?? own, said)
    const { name, schema } = isZeroNone && own?.isZeroNone ? orEmpty(one) : one
    // The name says the kind; of one that has several bounds, the later ones are told apart by theirs.
    return component([name, schema.maxLength].join(' '), name, () => schema)
  }

  const boundsIn = (use: Use, field: DescField) => (use === 'request' ? boundsOf(constraintOf(api, field)) : {})

  const ofType = (type: FieldType, field: DescField, use: Use): Schema => {
    switch (type.kind) {
      case 'string':
        return string(field, use === 'answer')
      case 'mask':
        return maskSchema(field)
      case 'status':
        return { $ref: '#/components/schemas/Status' }
      case 'enum':
        return alike.has(type.desc.typeName)
          ? enumSchema(type.desc, texts)
          : component(type.desc.typeName, shortName(type.desc), () => enumSchema(type.desc, texts))
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
        return {
          type: 'object',
          description: texts.get(message.proto) ?? '',
          properties: fieldsOf(message, use),
          ...(required.length > 0 && { required: required.map((field) => field.name) }),
          ...(use === 'request' && { additionalProperties: false }),
        }
      },
    )
  const fieldsOf = (message: DescMessage, use: Use): Schema => {
    const property = (field: DescField) =>
      use === 'answer' ? ofType(fieldType(field), field, use) : requestField(field)
    return Object.fromEntries(message.fields.map((field) => [field.name, described(field, property(field))]))
  }

  const requestField = (field: DescField): Schema => {
    const type = fieldType(field)
    return type.kind === 'string' ? string(field, true) : ofType(type, field, 'request')
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
          path.map((name) => [name, { readOnly: true, description: 'The value in the path, if given.' }]),
        ),
      },
      ...(required.length > 0 && { required: required.map((field) => field.name) }),
      additionalProperties: false,
    }
  }

  return {
    request: (method) => component(`${method.path} body`, shortName(method.desc.input), () => ofBody(method)),
    answer: (message) => ofMessage(message, 'answer'),
    fields: (message) => fieldsOf(message, 'answer'),
    parameter: (field) => ofType(fieldType(field), field, 'request'),
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

/**
 * Enums that have a value in common with another one, by their full names. They stand where they are used: in languages where
 * the values of all types share a namespace, as Go, generated clients else have one name twice.
 */
function enumsWithCommonValues(api: Api): ReadonlySet<string> {
  const enums = [...api.registry].filter((type) => type.kind === 'enum' && type.typeName.startsWith('hotel.'))
  const values = enums.flatMap((type) =>
    type.kind === 'enum' ? enumNames(type).map((value) => [value, type.typeName] as const) : [],
  )
  const byValue = Map.groupBy(values, ([value]) => value)
  return new Set([...byValue.values()].filter((of) => of.length > 1).flatMap((of) => of.map(([, name]) => name)))
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

/** Name without the package, `ReservationStatus` for the enum nested in Reservation. */
function shortName({ typeName, file }: DescMessage | DescEnum): string {
  return typeName.slice(file.proto.package.length + 1).replaceAll('.', '')
}

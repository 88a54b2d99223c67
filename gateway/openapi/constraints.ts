import type { DescField } from '@bufbuild/protobuf'
import type { Constraint, Kind } from '@hotel/runtime/protos/constraints'
import type { Api } from '../api.ts'
import type { Schema } from './schema.ts'

/** A named schema of strings. */
export type StringSchema = { readonly name: string; readonly schema: Schema }

/** The constraints of a field by its options of buf.validate, if it has some. */
export function constraintOf(api: Api, { parent, name }: DescField): Constraint | undefined {
  return api.constraints.fields.get(`${parent.typeName}.${name}`)
}

/** The formats of JSON Schema for kinds of strings that a regular expression cannot describe completely. */
const formats: Readonly<Record<string, string>> = {
  calendar_date: 'date',
  moment: 'date-time',
  email_address: 'idn-email',
  phone_number: 'phone-number',
  time_zone: 'time-zone',
}

/** Names of the schemas of texts that have another bound than most; others have the name of their kind. */
const names: Readonly<Record<string, string>> = { external_id: 'ExternalId', source: 'Source', address: 'Address' }

/** For strings without a kind: the services accept any characters except this one. */
const anyText: StringSchema = {
  name: 'AnyText',
  schema: { type: 'string', description: 'Any characters except U+0000.', pattern: String.raw`^[^\x00]*$` },
}

/** The schema of the strings of a field by its constraint, with what the protos' comments say of their kinds. */
export function stringSchema(
  field: string,
  constraint: Constraint | undefined,
  said: (kind: Kind) => string,
): StringSchema {
  const { kind, maxLength = Number.POSITIVE_INFINITY } = constraint ?? {}
  if (kind === undefined) return anyText
  // The last pattern implies those before it.
  const pattern = kind.patterns.at(-1)?.source
  return {
    name: (kind.name === 'text' && names[field]) || pascalCase(kind.name),
    schema: {
      type: 'string',
      description: said(kind).replaceAll('\n', ' '),
      ...(kind.name in formats && { format: formats[kind.name] }),
      ...(Number.isFinite(maxLength) && { minLength: 1, maxLength }),
      pattern,
    },
  }
}

/** The same as a schema that the empty string keeps to as well, which says that there is none. */
export function orEmpty({ name, schema: { minLength: _, ...schema } }: StringSchema): StringSchema {
  return { name: `Optional${name}`, schema: { ...schema, pattern: `^$|${schema.pattern}` } }
}

/** The bounds of the numbers and lists of a field; none for most. */
export function boundsOf(constraint: Constraint | undefined): Schema {
  if (constraint === undefined) return {}
  const { minimum, maximum, minItems, maxItems, uniqueItems } = constraint
  return {
    ...finite({ minimum, maximum, maxItems }),
    ...(minItems > 0 && { minItems }),
    ...(uniqueItems && { uniqueItems }),
  }
}

function finite(numbers: Readonly<Record<string, number>>): Schema {
  return Object.fromEntries(Object.entries(numbers).filter(([, number]) => Number.isFinite(number)))
}

function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

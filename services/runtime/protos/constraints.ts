import { readFileSync } from 'node:fs'
import { FieldRules, Ignore, PredefinedRules } from '@hotel/proto/buf/validate/validate'
import { bytes, FIELD, FILE, type Fields, fieldsOf, integer, MESSAGE, messages, SET, text } from './descriptor-set.ts'

/**
 * A rule of a kind of strings: what a text has to match, also as it is written in the protos, and what is said of one that does
 * not.
 */
export type Pattern = { readonly pattern: RegExp; readonly source: string; readonly message: string }

/** A kind of strings, as hotel/rules/v1/rules.proto has it: `id`. A later pattern implies those before it. */
export type Kind = { readonly name: string; readonly patterns: readonly [Pattern, ...Pattern[]] }

/** What the values of a field must be, by its options of buf.validate: the names are JSON Schema's, the bounds include. */
export type Constraint = {
  /** Of a string. Characters are code points. */
  readonly kind: Kind | undefined
  readonly maxLength: number
  /** Of an integer. */
  readonly minimum: number
  readonly maximum: number
  /** Of a list. */
  readonly minItems: number
  readonly maxItems: number
  readonly uniqueItems: boolean
  readonly items: Constraint | undefined
  /** Whether the zero of the type, as an empty string, stands for none. */
  readonly isZeroNone: boolean
}

/** The constraints of a descriptor set: of fields by their full names, and the kinds of strings by theirs. */
export type Constraints = {
  readonly fields: ReadonlyMap<string, Constraint>
  readonly kinds: ReadonlyMap<string, Kind>
}

/** Numbers of extensions and fields of buf/validate/validate.proto. */
const FIELD_RULES = 1159
const PREDEFINED_RULES = 1160
const STRING_RULES = 14
const REPEATED_RULES = 18
const ITEMS = 4

/** Reads the constraints from a descriptor set; throws for a kind of strings that is no regular expression. */
export function readConstraints(descriptorSet: Uint8Array): Constraints {
  const files = messages(fieldsOf(descriptorSet), SET.file)
  const kinds = new Map(files.flatMap((file) => messages(file, FILE.extension)).flatMap(kindOfExtension))
  const fields = files
    .filter((file) => text(file, FILE.package).startsWith('hotel.'))
    .flatMap((file) =>
      messages(file, FILE.message).flatMap((message) => constrained(text(file, FILE.package), message, kinds)),
    )
  return { fields: new Map(fields), kinds: new Map([...kinds.values()].map((kind) => [kind.name, kind])) }
}

/** By its number, the kind that an extension of StringRules stands for. */
function kindOfExtension(extension: Fields): [number, Kind][] {
  const number = integer(extension, FIELD.number)
  const options = bytes(extension, FIELD.options)
  const rules = options && bytes(fieldsOf(options), PREDEFINED_RULES)
  if (text(extension, FIELD.extendee) !== '.buf.validate.StringRules' || rules === undefined || number === undefined)
    return []
  const name = text(extension, FIELD.name)
  const [first, ...more] = PredefinedRules.decode(rules).cel.map(({ expression = '', message = '' }) => {
    const [, source] = /^this\.matches\(r'([^']*)'\)$/.exec(expression) ?? []
    if (source === undefined) throw new Error(`the rule ${name} of strings is not this.matches(r'…'): ${expression}`)
    return { pattern: new RegExp(source, 'u'), source, message }
  })
  return first === undefined ? [] : [[number, { name, patterns: [first, ...more] }]]
}

function constrained(scope: string, message: Fields, kinds: ReadonlyMap<number, Kind>): [string, Constraint][] {
  const name = `${scope}.${text(message, MESSAGE.name)}`
  const own = messages(message, MESSAGE.field).flatMap((field): [string, Constraint][] => {
    const options = bytes(field, FIELD.options)
    const rules = options && bytes(fieldsOf(options), FIELD_RULES)
    return rules === undefined ? [] : [[`${name}.${text(field, FIELD.name)}`, constraint(rules, kinds)]]
  })
  return [...own, ...messages(message, MESSAGE.nested).flatMap((nested) => constrained(name, nested, kinds))]
}

function constraint(encoded: Uint8Array, kinds: ReadonlyMap<number, Kind>): Constraint {
  const { ignore, string, int32, int64, repeated } = FieldRules.decode(encoded)
  const fields = fieldsOf(encoded)
  // What extends a message is not in its type.
  const extensions = fieldsOf(bytes(fields, STRING_RULES) ?? new Uint8Array())
  const items = bytes(fieldsOf(bytes(fields, REPEATED_RULES) ?? new Uint8Array()), ITEMS)
  const bounds = int32 ?? int64
  return {
    kind: [...extensions].map(([number, said]) => (said.at(-1) ? kinds.get(number) : undefined)).find((kind) => kind),
    maxLength: Number(string?.max_len || Number.POSITIVE_INFINITY),
    minimum: Number(bounds?.gte ?? Number.NEGATIVE_INFINITY),
    maximum: Number(bounds?.lte ?? Number.POSITIVE_INFINITY),
    minItems: Number(repeated?.min_items ?? 0),
    maxItems: Number(repeated?.max_items || Number.POSITIVE_INFINITY),
    uniqueItems: repeated?.unique ?? false,
    items: items && constraint(items, kinds),
    isZeroNone: ignore === Ignore.IGNORE_IF_ZERO_VALUE,
  }
}

let own: Constraints | undefined

/** The constraints of the suite's own protos. */
function constraints(): Constraints {
  own ??= readConstraints(readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb'))))
  return own
}

/** The constraint of a field by its full name, as `hotel.guests.v1.Guest.last_name`; throws for one that has none. */
export function constraintOf(field: string): Constraint {
  const found = constraints().fields.get(field)
  if (found === undefined) throw new Error(`the protos have no field ${field} with options of buf.validate`)
  return found
}

/** A kind of strings by its name in hotel/rules/v1/rules.proto. */
export function kindOf(name: string): Kind {
  const found = constraints().kinds.get(name)
  if (found === undefined) throw new Error(`hotel/rules/v1/rules.proto has no rule ${name}`)
  return found
}

/** What is said of a text by the first of its kind's patterns that it does not match; undefined when there is none. */
export function mismatch(kind: Kind, value: string): string | undefined {
  return kind.patterns.find(({ pattern }) => !pattern.test(value))?.message
}

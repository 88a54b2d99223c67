import type { DescEnum, DescField } from '@bufbuild/protobuf'
import { enumNames } from '../guard/field-types.ts'
import type { comments } from './comments.ts'
import type { Schema } from './schema.ts'

/** The values of an enum that can be sent, each with what it means. */
export function enumSchema(type: DescEnum, texts: ReturnType<typeof comments>): Schema {
  const values = type.values.filter((value) => value.number !== 0)
  const meanings = values.map((value) => `- \`${value.name}\`: ${texts.get(value.proto) ?? ''}`)
  return {
    type: 'string',
    enum: enumNames(type),
    description: [texts.get(type.proto) ?? '', ...meanings].join('\n'),
  }
}

/** A mask: the names that it can hold are those beside it, but for what identifies the resource and its version. */
export function maskSchema({ parent, name }: DescField): Schema {
  const names = parent.fields.map((field) => field.name).filter((other) => ![name, 'id', 'etag'].includes(other))
  const one = `(${names.join('|')})`
  return { type: 'string', pattern: String.raw`^(\*|${one}(,${one})*)?$` }
}

/** The schema that follows from the type alone. */
export const scalarSchemas = {
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32', minimum: -2_147_483_648, maximum: 2_147_483_647 },
  uint32: { type: 'integer', format: 'uint32', minimum: 0, maximum: 4_294_967_295 },
  int64: { type: 'string', format: 'int64', pattern: String.raw`^-?\d{1,18}$` },
  uint64: { type: 'string', format: 'uint64', pattern: String.raw`^\d{1,18}$` },
  number: { type: 'number' },
  bytes: { type: 'string', contentEncoding: 'base64' },
  timestamp: { type: 'string', format: 'date-time' },
  duration: { type: 'string', pattern: String.raw`^-?\d+(\.\d+)?s$` },
} as const

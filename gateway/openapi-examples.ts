import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { enumNames, type FieldType, fieldType } from './field-types.ts'
import type { Api } from './http-rules.ts'
import { boundsOf, leftOutOfExamples, stringField } from './openapi-constraints.ts'
import { isRequired, resourceNames } from './openapi-schemas.ts'

/**
 * An example of a message: what the table of strings has an example for, and what is told by its type. Fields that belong
 * to a later moment, and those that a caller seldom sends, are left out.
 */
export function exampleMessage(message: DescMessage, api: Api, use: 'request' | 'answer'): object {
  const resources = resourceNames(api)
  const isShown = (field: DescField) =>
    !leftOutOfExamples[use].has(field.name) || (use === 'request' && isRequired(api, field))
  const value = (type: FieldType, example: string | undefined, least = 1): unknown => {
    switch (type.kind) {
      case 'string':
        return example
      case 'enum':
        return enumNames(type.desc)[0]
      case 'message':
        // One that holds others of its kind would have no end.
        return type.desc === message ? undefined : exampleMessage(type.desc, api, use)
      case 'list':
        return Array.from({ length: least }, (_, index) => value(type.of, numbered(example, index)))
      case 'map':
        return {}
      default:
        return scalarExamples[type.kind]
    }
  }
  return Object.fromEntries(
    message.fields.filter(isShown).flatMap((field) => {
      const { minItems = 1 } = boundsOf(field) as { minItems?: number }
      const example = value(fieldType(field), stringField(field, resources).example, minItems)
      return example === undefined ? [] : [[field.name, example]]
    }),
  )
}

/** The example of an item of a list: of ids, those that follow the first. */
function numbered(example: string | undefined, index: number): string | undefined {
  return example?.replace(/(?<=-)[0-9a-f]{12}$/, (end) =>
    (Number.parseInt(end, 16) + index).toString(16).padStart(12, '0'),
  )
}

const scalarExamples = {
  boolean: true,
  int32: 2,
  uint32: 2,
  int64: '2',
  uint64: '2',
  number: 1.5,
  bytes: 'aGVsbG8=',
  timestamp: '2030-05-01T14:00:00Z',
  duration: '1.5s',
  mask: '',
  status: undefined,
} as const

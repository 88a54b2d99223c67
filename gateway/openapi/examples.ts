import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { snakeCase } from '@hotel/runtime/errors/snake-case'
import type { Api } from '../api.ts'
import { enumNames, type FieldType, fieldType } from '../guard/field-types.ts'
import { boundsOf, constraintOf } from './constraints.ts'
import { isRequired, resourceNames } from './schemas.ts'

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
      const { minItems = 1 } = boundsOf(constraintOf(api, field)) as { minItems?: number }
      const example = value(fieldType(field), stringExample(field, resources), minItems)
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

/**
 * Examples of strings, by the name that a field has everywhere. One that is not here is told by the end of its name or as a
 * reference to a resource, and else has none.
 */
const stringExamples: Readonly<Record<string, string>> = {
  id: '01980000-0000-7000-8000-00000000002a',
  first_name: 'Ada',
  last_name: 'Lovelace',
  name: 'Lakeside',
  number: '101',
  room_number: '101',
  room_numbers: '101',
  address: '12 Quai du Lac',
  city: 'Geneva',
  country_code: 'CH',
  time_zone: 'Europe/Zurich',
  email: 'ada@example.org',
  phone: '+41446681800',
  phone_country: 'CH',
  note: 'Late arrival',
  reason: 'Illness',
  description: 'With a view of the lake',
  query: 'lovelace',
  guest_name: 'ada lovelace',
  from: '2030-05-01',
  to: '2030-05-08',
  deleted_from: '2030-05-01',
  deleted_to: '2030-05-08',
  date: '2030-05-01',
  night: '2030-05-01',
  in_date: '2030-05-01',
  out_date: '2030-05-04',
  arriving_from: '2030-05-01',
  arriving_to: '2030-05-08',
  departing_from: '2030-05-01',
  departing_to: '2030-05-08',
  updated_since: '2030-05-01T12:00:00Z',
  external_id: '4711-0815',
  source: 'channel',
  confirmation_code: 'K7XQ2M9P',
  order_by: 'in_date desc',
  'RoomTypeAvailability.name': 'Double',
  'FieldChange.from': '2030-05-03',
  'FieldChange.to': '2030-05-04',
  field: 'out_date',
  actor: 'anonymous',
  cursor: 'MQ',
  etag: '"3"',
  next_page_token: '',
}

/** Examples of ids, by the resource; the default hotel and its location exist from the start. */
const exampleIds: Readonly<Record<string, string>> = {
  hotel: '00000000-0000-7000-8000-000000000001',
  location: '00000000-0000-7000-8000-000000000002',
}

/** The example of a string by its field, if there is one; `resources` are the names that references have. */
function stringExample({ name, parent }: DescField, resources: ReadonlySet<string>): string | undefined {
  const resource = referredTo(name, resources) ?? (name === 'id' ? snakeCase(parent.name) : undefined)
  if (resource !== undefined) return exampleIds[resource] ?? stringExamples.id
  return (
    stringExamples[`${parent.name}.${name}`] ??
    stringExamples[name] ??
    (name.endsWith('_date') ? stringExamples.in_date : undefined)
  )
}

/** The resource that a field's value is the id of: `guest`, `rooms`, or `from_room` with the name at its end. */
function referredTo(name: string, resources: ReadonlySet<string>): string | undefined {
  return [...resources].find((resource) =>
    [resource, `${resource}s`].some((word) => name === word || name.endsWith(`_${word}`)),
  )
}

/** Fields that examples go without: a caller seldom sends them, or they belong to a later moment. */
const leftOutOfExamples = {
  request: new Set([
    ...['etag', 'etags', 'update_mask', 'page_token', 'status', 'hotel', 'location', 'rooms'],
    ...['room_type', 'room_count', 'hold_until'],
  ]),
  answer: new Set(['delete_time', 'reason', 'checkin_datetime', 'checkout_datetime']),
} as const satisfies Readonly<Record<string, ReadonlySet<string>>>

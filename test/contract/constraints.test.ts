import { readFileSync } from 'node:fs'
import { create, createFileRegistry, type DescField, fromBinary, getOption, ScalarType } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { createValidator } from '@bufbuild/protovalidate'
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { changedFields } from '@hotel/guests/guest/guest'
import { roomBlockFields } from '@hotel/reservations/blocks/room-block'
import { changeRules, creationRules } from '@hotel/reservations/reservation/reservation-request'
import { employeeFields } from '@hotel/rooms/employee/employee'
import { hotelFields } from '@hotel/rooms/hotel/hotel'
import { locationFields } from '@hotel/rooms/location/location'
import { roomFields } from '@hotel/rooms/room/room'
import { roomTypeFields } from '@hotel/rooms/room-type/room-type'
import { id, matching, type Rule, valid } from '@hotel/runtime/call/valid'
import { type Constraint, mismatch, readConstraints } from '@hotel/runtime/protos/constraints'
import { describe, expect, test } from '@jest/globals'

const set = readFileSync(new URL('../../proto/gen/api.binpb', import.meta.url))
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, set))
const constraints = readConstraints(set)
const protovalidate = createValidator({ registry })

const messages = [...registry].filter((type) => type.kind === 'message' && type.typeName.startsWith('hotel.'))
const constraintOf = ({ parent, name }: DescField) => constraints.fields.get(`${parent.typeName}.${name}`)
const constrained = messages
  .flatMap((message) => (message.kind === 'message' ? message.fields : []))
  .flatMap((field) => {
    const constraint = constraintOf(field)
    return constraint === undefined ? [] : [{ name: `${field.parent.typeName}.${field.name}`, field, constraint }]
  })

/** What protovalidate says of a field with this value. */
function said(field: DescField, value: unknown): string[] {
  const message = create(field.parent, { [field.localName]: value })
  const result = protovalidate.validate(field.parent, message)
  if (result.kind === 'error') throw result.error
  if (result.kind === 'valid') return []
  return result.violations
    .filter(({ field: [first] }) => first?.kind === 'field' && first.name === field.name)
    .map((violation) => violation.message)
}

const uuid = '01980000-0000-7000-8000-00000000002a'
const texts = [
  ...['', ' ', 'a', 'Ada Lovelace', 'a b ', '\u200b', '\u2060\u3164', 'مریم\u200cزاده', '双人房', 'a\u0007b', 'a\nb'],
  ...['\u202ea', 'a\u202eb', 'a\u0000b', uuid, uuid.toUpperCase(), uuid.slice(1), `${uuid} `, `${uuid}\n`],
  ...['2030-05-01', '2030-5-1', '1899-12-31', '1900-01-01', '9998-12-31', '9999-01-01', '2030-05-01T12:00:00Z'],
  ...['in_date', 'in_date desc', 'in_date  desc', 'note', 'K7XQ2M9P', 'k7xq2m9p', 'K7XQ2M9O', 'K7XQ2M9PP', 'CH', 'ch'],
  ...['CHE', 'UTC', 'Europe/Zurich', 'Zurich', 'ada@example.org', 'ada', 'a@b@c', '+41446681800'],
]

/** The numbers in the options of a field, as protovalidate reads them. */
function limitsOf(field: DescField): number[] {
  const { value = {} } = getOption(field, fieldRules).type
  return Object.values(value)
    .map((one) => (typeof one === 'object' && one !== null && 'value' in one ? one.value : one))
    .filter((one) => typeof one === 'number' || typeof one === 'bigint')
    .map(Number)
}

/** Values about the limits of a field. */
function valuesFor(field: DescField): unknown[] {
  const near = [0, 1, 2, ...limitsOf(field).flatMap((limit) => [limit - 1, limit, limit + 1])]
  if (field.fieldKind === 'list') {
    const some = (count: number) =>
      Array.from({ length: count }, (_, n) => uuid.slice(0, -4) + String(n).padStart(4, '0'))
    return [...near.filter((count) => count >= 0).map(some), [uuid, uuid], [uuid, 'no id'], [uuid, '']]
  }
  if (field.scalar === ScalarType.STRING)
    return [...texts, ...near.flatMap((length) => ['x'.repeat(length), '😀'.repeat(length)])]
  const isLong = field.scalar === ScalarType.INT64
  const numbers = near.filter((number) => Math.abs(number) < 2 ** (isLong ? 63 : 31))
  return isLong ? numbers.map(BigInt) : numbers
}

/** What the reading of the options says of a value, in the plainest way. */
function keeps(constraint: Constraint, value: unknown): boolean {
  const { kind, maxLength, minimum, maximum, minItems, maxItems, uniqueItems, items, isZeroNone } = constraint
  if (isZeroNone && (value === '' || value === 0)) return true
  if (typeof value === 'string')
    return [...value].length <= maxLength && (kind === undefined || mismatch(kind, value) === undefined)
  if (!Array.isArray(value)) return (value as number) >= minimum && (value as number) <= maximum
  const isShort = value.length >= minItems && value.length <= maxItems
  const isUnique = !uniqueItems || new Set(value).size === value.length
  return isShort && isUnique && (items === undefined || value.every((item) => keeps(items, item)))
}

test('all kinds of fields are constrained', () => {
  expect(constrained.length).toBeGreaterThan(300)
})

test.each(constrained)('$name is judged by protovalidate as the options are read here', ({ field, constraint }) => {
  const values = valuesFor(field)
  const judged = values.map((value) => [value, said(field, value).length === 0])
  expect(values.map((value) => [value, keeps(constraint, value)])).toEqual(judged)
  // Values of both sorts, or the comparison would show nothing.
  expect(new Set(judged.map(([, isKept]) => isKept)).size).toBe(2)
})

describe('the rules of the services', () => {
  const rooms = { rooms: [], room: undefined, room_type: '' }
  const zone = matching('time_zone')
  const rules: Record<string, Record<string, Rule<unknown>>> = {
    'hotel.guests.v1.Guest': changedFields(undefined),
    'hotel.rooms.v1.Hotel': hotelFields,
    'hotel.rooms.v1.Location': locationFields(zone),
    'hotel.rooms.v1.RoomType': roomTypeFields,
    'hotel.rooms.v1.Room': roomFields(id),
    'hotel.rooms.v1.Employee': employeeFields(id),
    'hotel.reservations.v1.RoomBlock': roomBlockFields,
    'hotel.reservations.v1.CreateReservationRequest': { ...creationRules({ ...rooms, room_type: uuid }) },
    'hotel.reservations.v1.UpdateReservationRequest': changeRules(rooms),
  }
  const ruled = constrained.flatMap(({ name, field, constraint }) => {
    const rule = rules[field.parent.typeName]?.[field.name]
    return rule === undefined || /\.rooms?$/.test(name) ? [] : [{ name, field, constraint, rule }]
  })
  /** What services ask besides; and names and texts are trimmed before they are judged. */
  const more = new Set(['email_address', 'phone_number', 'time_zone', 'calendar_date'])
  const keepsTo = (rule: Rule<unknown>, field: DescField, value: unknown) => {
    try {
      valid({ [field.name]: value }, { [field.name]: rule })
      return true
    } catch {
      return false
    }
  }

  test('are for all fields that callers give', () => {
    expect(ruled.length).toBeGreaterThan(35)
  })

  test.each(ruled)('take of $name what protovalidate takes', ({ field, constraint, rule }) => {
    // Whether an empty text stands for none is for them to say.
    const values = valuesFor(field).filter((value) => value !== '')
    const judged = values.map((value) => [value, said(field, value).length === 0] as const)
    const taken = values.map((value) => [value, keepsTo(rule, field, value)] as const)
    if (!more.has(constraint.kind?.name ?? '')) expect(taken).toEqual(judged)
    const wrong = taken.filter(([, isTaken], index) => isTaken && !judged[index]?.[1])
    expect(wrong).toEqual([])
    expect(taken.some(([, isTaken]) => isTaken)).toBe(true)
  })
})

test('what a request may hold is what its resource may hold', () => {
  const differing = constrained.flatMap(({ name, field, constraint }) => {
    const [, , resource] = /(Create|Update|Replace)(\w+)Request$/.exec(field.parent.name) ?? []
    const own = resource && constraints.fields.get(`${field.parent.file.proto.package}.${resource}.${field.name}`)
    if (!own) return []
    const plain = ({ isZeroNone: _, maxItems: __, uniqueItems: ___, ...rest }: Constraint) => rest
    return JSON.stringify(plain(own)) === JSON.stringify(plain(constraint)) ? [] : [name]
  })
  expect(differing).toEqual([])
})

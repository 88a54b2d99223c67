import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { type FieldRules, Ignore, PredefinedRules, FieldRules as Rules } from '@hotel/proto/buf/validate/validate'
import { expect, test } from '@jest/globals'
import { constraintOf, kindOf, mismatch, readConstraints } from './constraints.ts'

/** A message of protobuf from its fields in their order: texts and bytes, or integers. */
function encoded(...fields: [number, string | Uint8Array | number][]): Uint8Array {
  const writer = new BinaryWriter()
  for (const [number, value] of fields)
    if (typeof value === 'number') writer.tag(number, WireType.Varint).int32(value)
    else writer.tag(number, WireType.LengthDelimited).bytes(typeof value === 'string' ? Buffer.from(value) : value)
  return writer.finish()
}

/** A descriptor set of one message `hotel.things.Thing` with one field `label`, whose options these are, and of one kind `short`. */
function setOf(expression: string, ...options: Uint8Array[]): Uint8Array {
  const predefined = PredefinedRules.encode({ cel: [{ expression, message: 'is long' }] }).finish()
  const kind = encoded([1, 'short'], [2, '.buf.validate.StringRules'], [3, 50_999], [8, encoded([1160, predefined])])
  const field = encoded([1, 'label'], [8, encoded(...options.map((each): [number, Uint8Array] => [1159, each]))])
  const message = encoded([1, 'Thing'], [2, field])
  return encoded([1, encoded([2, 'hotel.things'], [4, message], [7, kind])])
}

const rules = (given: Partial<FieldRules>) => Rules.encode(Rules.fromPartial(given)).finish()
const string = (text: Uint8Array) => encoded([14, text])
const short = "this.matches(r'^.{1,3}$')"

test('options of a field in several parts are one', () => {
  const set = setOf(
    short,
    rules({ ignore: Ignore.IGNORE_IF_ZERO_VALUE }),
    string(encoded([50_999, 1])),
    string(encoded([3, 7])),
  )
  expect(readConstraints(set).fields.get('hotel.things.Thing.label')).toMatchObject({
    kind: { name: 'short', patterns: [{ source: '^.{1,3}$', message: 'is long' }] },
    maxLength: 7,
    isZeroNone: true,
  })
})

test('a kind that is taken back is none', () => {
  const set = setOf(short, string(encoded([50_999, 1])), string(encoded([50_999, 0])))
  expect(readConstraints(set).fields.get('hotel.things.Thing.label')).toMatchObject({
    kind: undefined,
    maxLength: Number.POSITIVE_INFINITY,
  })
})

test('a kind that is no regular expression is refused', () => {
  expect(() => readConstraints(setOf('this.size() < 4'))).toThrow("the rule short of strings is not this.matches(r'…')")
})

test('a field without options and a kind that is not there are refused by their names', () => {
  expect(() => constraintOf('hotel.guests.v1.Guest.etag')).toThrow('hotel.guests.v1.Guest.etag')
  expect(() => kindOf('nothing')).toThrow('nothing')
})

test('the first pattern that a text does not match says why', () => {
  expect(mismatch(kindOf('calendar_date'), 'May')).toMatch('is not a date')
  expect(mismatch(kindOf('calendar_date'), '1899-12-31')).toMatch('is not between')
  expect(mismatch(kindOf('calendar_date'), '2030-05-01')).toBeUndefined()
})

import { expect, test } from '@jest/globals'
import { date, endOfRange, optional, valid, validChanges } from '../call/valid.ts'
import { constraintOf } from '../protos/constraints.ts'
import { requiredName } from './text-rules.ts'

test.each(['__proto__', 'constructor', 'toString', 'nothing'])('a mask that names %s names no field', (name) => {
  expect(() =>
    validChanges(
      { update_mask: [name] },
      { first_name: requiredName(constraintOf('hotel.guests.v1.Guest.first_name')) },
    ),
  ).toThrow(`update_mask: "${name}" is not a field that can be changed: name one of first_name`)
})

test.each([
  [{ from: '2034-05-15', to: '2034-05-05' }, 'to: is before from, 2034-05-15'],
  [{ from: 'May', to: '2034-05-05' }, 'from: is not a date'],
  [{ from: '2034-05-15', to: '2034-05-32' }, 'to: is not a date'],
])('the range %o is refused: %s', (range, message) => {
  expect(() => rangeOf(range)).toThrow(message)
})

test.each([
  { from: '2034-05-15', to: '2034-05-15' },
  { from: '2034-05-15', to: '' },
  { from: '', to: '2034-05-15' },
])('the range %o is none that is inverted', (range) => {
  expect(rangeOf(range)).toEqual({ from: range.from || null, to: range.to || null })
})

function rangeOf(range: { from: string; to: string }) {
  return valid(range, { from: optional(date), to: endOfRange('from', range.from) })
}

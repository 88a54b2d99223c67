import { matching, type Rule } from '@hotel/runtime/call/valid'
import { type Field, plain } from '@hotel/runtime/read/row-message'

/** Letters and digits that nobody takes for another: without 0, O, 1, I and L. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const LETTERS = 8
/** The last hexadecimal digits of an id, which are random in a UUIDv7. */
const DIGITS = 10
/** As many bits of them as eight letters can say. */
const BITS = 39

/**
 * The short code of a reservation, for people to read out: what its id ends with, in other letters. So it is made with the
 * id, stays, and needs no place of its own. Among a hundred thousand reservations two have the same with a chance of one in a
 * hundred, so a search for one gives a list.
 */
export function confirmationCode(id: string): string {
  let number = Number.parseInt(id.slice(-DIGITS), 16) % 2 ** BITS
  let code = ''
  for (let letter = 0; letter < LETTERS; letter++) {
    code = ALPHABET.charAt(number % ALPHABET.length) + code
    number = Math.floor(number / ALPHABET.length)
  }
  return code
}

/** The same of a row's id. */
export const confirmationCodeField: Field = {
  ...plain('id'),
  encode: (tag, id) => plain('id').encode(tag, confirmationCode(id)),
}

const aCode = matching('confirmation_code')

/** The possible ends of the ids with this code; empty for a code that no id has. */
export const idEndings: Rule<string[]> = (value) => {
  const letters = [...aCode(value).toUpperCase()].map((letter) => ALPHABET.indexOf(letter))
  const number = letters.reduce((sum, letter) => sum * ALPHABET.length + letter, 0)
  if (number >= 2 ** BITS) return []
  return [number, number + 2 ** BITS].map((each) => each.toString(16).padStart(DIGITS, '0'))
}

/** The SQL condition that an id ends so, which an index serves, by the name of a parameter of endings. */
export function endsAs(endings: string): string {
  return `right(id::text, ${DIGITS}) = any(${endings}::text[])`
}

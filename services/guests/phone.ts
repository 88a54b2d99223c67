import { createRequire } from 'node:module'
import { trimmed } from '@hotel/runtime/resource/text-rules'
import { Invalid, type Rule } from '@hotel/runtime/resource/valid'

/** With the numbering plans of all countries: loaded with the first number that is given. */
type Library = typeof import('libphonenumber-js/min')
const require = createRequire(import.meta.url)
const library = () => require('libphonenumber-js/min') as Library

/** A telephone number in international form, and nothing else; gives it as E.164. */
export const phone: Rule<string> = (value) => {
  const text = plainForm(trimmed(value as string, 64))
  // The library also finds numbers in sentences, and takes extensions, which E.164 would drop.
  const number = PHONE.test(text) ? library().parsePhoneNumberFromString(text, { extract: false }) : undefined
  if (number === undefined || !number.isPossible())
    throw new Invalid('is not a telephone number in international form, as +41 44 668 18 00')
  return number.number
}

const PHONE = /^\+\p{Nd}[\p{Nd} ()./-]*$/u

/** A number as it is typed: copied ones come with what is not seen, with other spaces and hyphens, or in full width. */
function plainForm(copied: string): string {
  return copied
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .replaceAll(/\s/g, ' ')
    .replaceAll(/[\p{Pd}\u2212]/gu, '-')
}

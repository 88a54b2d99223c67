import { createRequire } from 'node:module'
import { Invalid, type Rule } from '@hotel/runtime/call/valid'
import { constraintOf } from '@hotel/runtime/protos/constraints'
import { trimmed } from '@hotel/runtime/resource/text-rules'
import type { CountryCode } from 'libphonenumber-js/min'

const { maxLength } = constraintOf('hotel.guests.v1.Guest.phone')

/** With the numbering plans of all countries: loaded with the first number that is given. */
type Library = typeof import('libphonenumber-js/min')
const require = createRequire(import.meta.url)
const library = () => require('libphonenumber-js/min') as Library

/**
 * A telephone number in international form, or as it is dialled within the country, where that is known, and nothing else;
 * gives it as E.164.
 */
export const phone =
  (country: string | undefined): Rule<string> =>
  (value) => {
    const text = plainForm(trimmed(value as string, maxLength))
    const form = country === undefined ? INTERNATIONAL : NUMBER
    // The library also finds numbers in sentences, and takes extensions, which E.164 would drop.
    const number = form.test(text) ? parsed(text, country) : undefined
    if (number === undefined || !number.isPossible()) throw new Invalid(whyNot(text, country))
    return number.number
  }

function whyNot(text: string, country: string | undefined): string {
  const international = 'is not a telephone number in international form, such as +41 44 668 18 00'
  if (!isNational(text)) return international
  if (country !== undefined) return `${international}, nor one of ${country}`
  return `${international}, and the locations of the hotel do not name one country: give the international form, or the country as phone_country`
}

/** Whether this looks like a telephone number without the code of its country. */
export function isNational(value: string | undefined): boolean {
  const text = plainForm(value ?? '').trim()
  return NUMBER.test(text) && !INTERNATIONAL.test(text)
}

function parsed(text: string, country: string | undefined) {
  const { isSupportedCountry, parsePhoneNumberFromString } = library()
  const known = country !== undefined && isSupportedCountry(country)
  return parsePhoneNumberFromString(text, { extract: false, ...(known && { defaultCountry: country as CountryCode }) })
}

const NUMBER = /^\+?[\p{Nd}(][\p{Nd} ()./-]*$/u
const INTERNATIONAL = /^\+\p{Nd}[\p{Nd} ()./-]*$/u

/** A number as it is typed: copied ones come with what is not seen, with other spaces and hyphens, or in full width. */
function plainForm(copied: string): string {
  return copied
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .replaceAll(/\s/g, ' ')
    .replaceAll(/[\p{Pd}\u2212]/gu, '-')
}

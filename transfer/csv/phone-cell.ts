import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { invalid } from '../sending/problems.ts'
import { visible } from '../source/folding.ts'
import type { Column } from './cells.ts'

/**
 * A telephone number. One without a country code is of the reading's country; any other is left to the service, which
 * refuses what is none.
 */
export const phone: Column = {
  read(cell, _name, { country }) {
    const text = visible(cell)
    if (country === undefined || text.startsWith('+')) return cell
    const number = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false })
    return number?.isPossible() && number.ext === undefined ? number.number : cell
  },
  write: String,
}

/** The country that a line names for its telephone number. */
export function countryOf(cell: string): CountryCode {
  const code = visible(cell).toUpperCase()
  if (isSupportedCountry(code)) return code
  throw invalid('phone_country', `"${cell}" is not a country: give its two letters, as CH or DE`)
}

import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Column } from './cells.ts'
import { visible } from './folding.ts'

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

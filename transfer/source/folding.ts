import { ID_FORM } from '@hotel/runtime/errors/id'

const UUID = new RegExp(String.raw`^\{?(${ID_FORM})\}?$`, 'i')
/** Zero-width characters, direction marks, soft hyphens and the like: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
/** A text that `visible` leaves as it is, but for blanks at its ends or side by side. */
const PLAIN = /^[\x21-\x7e]*$/

/** What a person sees of a text: composed (NFC), without characters that show nothing, each run of blanks as one space. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replaceAll(INVISIBLE, '').normalize('NFC').replaceAll(/\s+/g, ' ').trim()
}

/** Names that differ in case only are one: also İ, I, ı and i, as a Turkish file and an English one write them, and σ and ς. */
export function foldName(name: string): string {
  return visible(name).toUpperCase().normalize('NFC').replaceAll('İ', 'I').toLowerCase()
}

/** A key by which a line is named in another file: as it is seen; a GUID in lower case, without braces. */
export function foldKey(key: string): string {
  return uuidOf(key) ?? visible(key)
}

/** The id that a cell says, in lower case; undefined for what is none, and so what people call the thing. */
export function uuidOf(cell: string): string | undefined {
  return UUID.exec(visible(cell))?.[1]?.toLowerCase()
}

import { kindOf } from '../protos/constraints.ts'

const [{ pattern: ID }] = kindOf('id').patterns

/** What an id looks like, as a part of a regular expression. */
export const ID_FORM = ID.source.slice(1, -1)

/** The default hotel, which exists from the first migration. */
export const DEFAULT_HOTEL = '00000000-0000-7000-8000-000000000001'

/** The default location of the default hotel. */
export const DEFAULT_LOCATION = '00000000-0000-7000-8000-000000000002'

/** The ids before and after which none is. */
export const LOWEST_ID = '00000000-0000-0000-0000-000000000000'
export const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Whether a text is an id: its 36 lower-case characters and nothing else. PostgreSQL takes other spellings
 * of a UUID too, each of which the gateway's limit would count apart.
 */
export function isId(text: string): boolean {
  return ID.test(text)
}

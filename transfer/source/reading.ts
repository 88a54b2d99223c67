import type { CountryCode } from 'libphonenumber-js/min'

/** How cells are read that can be read in more ways than one, as the person who imports says. */
export type Reading = {
  /** The order of day and month in dates that do not begin with the year. */
  readonly dates?: 'dmy' | 'mdy' | undefined
  /** The country of telephone numbers without a country code, by its two letters (ISO 3166-1). */
  readonly country?: CountryCode | undefined
}

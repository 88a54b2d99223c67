import { DEFAULT_HOTEL } from '@hotel/runtime/errors/id'
import type { Cells } from './kind.ts'
import type { References } from './references.ts'

/** The hotel of a line, the default one unless it names one. */
export function hotelOr(hotel: unknown): string {
  return (hotel as string | undefined) ?? DEFAULT_HOTEL
}

/** The hotel that the cells name. */
export async function ofHotel({ hotel }: Cells, references: References): Promise<{ hotel?: string }> {
  return hotel === undefined ? {} : { hotel: await references.hotel(hotel) }
}

/** The hotel and location that the cells name. */
export async function ofLocation(cells: Cells, references: References): Promise<{ hotel?: string; location?: string }> {
  const of = await ofHotel(cells, references)
  return cells.location === undefined ? of : { ...of, location: await references.location(cells.location, of.hotel) }
}

/** The hotel of a line that may name only its location; undefined: the default one. */
export async function hotelOf(
  { hotel, location }: { hotel?: string; location?: string },
  references: References,
): Promise<string | undefined> {
  if (hotel !== undefined || location === undefined) return hotel
  return (await references.place(location))?.hotel
}

/** A hotel's location in the plan: how many rooms it has, which of them have a type, which may be deleted. */
export type PlaceShape = {
  readonly hotel: number
  readonly rooms: number
  /** Places of rooms by type. */
  readonly types: readonly (readonly number[])[]
  /** Places of rooms that are deleted and restored. */
  readonly mortal: readonly number[]
  /** Whether its date is another than that of UTC. */
  readonly isFar: boolean
}

/** The locations: two of one hotel, and one of a small hotel, whose history is searched for a serial order. */
export const PLACES: readonly PlaceShape[] = [
  {
    hotel: 0,
    rooms: 8,
    types: [
      [0, 1, 2, 3],
      [4, 5],
    ],
    mortal: [6, 7],
    isFar: false,
  },
  { hotel: 0, rooms: 2, types: [], mortal: [], isFar: true },
  { hotel: 1, rooms: 3, types: [], mortal: [], isFar: false },
]

/** The place whose history is small. */
export const SMALL_PLACE = 2

/** Guests of each hotel; the last so many of the first hotel may be deleted. */
export const GUESTS = [6, 2] as const
export const MORTAL_GUESTS = 2

/** The first days of the run, on which all stays are. */
export const DAYS = 9

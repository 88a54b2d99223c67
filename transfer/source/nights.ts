/** Nights of a room, [in_date, out_date), and who has them. */
export type Stay = {
  readonly room: string
  readonly in_date: string
  readonly out_date: string
  readonly holder: string
}

/** The nights that lines would hold: none of a room is in two of them. */
export class Nights {
  /** Of each room, in the order of their dates. */
  readonly #stays = new Map<string, Stay[]>()

  /** Takes the nights of all these stays, or of none: gives who has one of them then. */
  take(stays: readonly Stay[]): Stay | undefined {
    for (const stay of stays) {
      const [before, after] = this.#around(stay)
      for (const other of [before, after])
        if (other !== undefined && other.in_date < stay.out_date && stay.in_date < other.out_date) return other
    }
    for (const stay of stays) this.#add(stay)
    return undefined
  }

  #add(stay: Stay): void {
    const held = this.#stays.get(stay.room)
    if (held === undefined) this.#stays.set(stay.room, [stay])
    else held.splice(placeOf(held, stay.in_date), 0, stay)
  }

  #around({ room, in_date }: Stay): [Stay | undefined, Stay | undefined] {
    const held = this.#stays.get(room) ?? []
    const place = placeOf(held, in_date)
    return [held[place - 1], held[place]]
  }
}

/** Where the first stay is that begins at the date or later. */
function placeOf(held: readonly Stay[], in_date: string): number {
  let [low, high] = [0, held.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((held[middle]?.in_date ?? '') < in_date) low = middle + 1
    else high = middle
  }
  return low
}

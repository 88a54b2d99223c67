/** The hotels of resources of which this process knows them: a resource never changes its hotel. */
export type HotelsOfIds = {
  /** Undefined when it is not known here. */
  of(id: string): string | undefined
  know(id: string, hotel: string): void
}

/** Some 20 MB at the most. */
const MOST = 100_000

/** Makes an empty one; the longest known ones go when it is full. */
export function hotelsOfIds(): HotelsOfIds {
  const known = new Map<string, string>()
  return {
    of: (id) => known.get(id),
    know(id, hotel) {
      if (known.size >= MOST) known.delete(known.keys().next().value ?? '')
      known.set(id, hotel)
    },
  }
}

const PATIENCE_MS = 1_500

/** Where so many clients come together, again and again, to call at the same moment. */
export function meetings(clients: number): (meeting: number) => Promise<void> {
  const open = new Map<number, { waiting: number; promise: Promise<void>; resolve: () => void }>()
  return (meeting) => {
    const place = open.get(meeting) ?? { waiting: 0, ...Promise.withResolvers<void>() }
    open.set(meeting, place)
    place.waiting += 1
    // Some wait for an answer that does not come: the others go on without them.
    if (place.waiting === 1) setTimeout(place.resolve, PATIENCE_MS)
    if (place.waiting === clients) place.resolve()
    return place.promise
  }
}

/** Heads that have moved, and the numbering that they are of: all that were known of another are forgotten. */
export type Moved = { readonly epoch: string; readonly heads: ReadonlyMap<string, bigint> }

type Follower = { hotel: string | undefined; pending: Map<string, bigint>; isRenumbered: boolean; wake: () => void }

/** Heads with their numbering, of one snapshot; one row without a hotel when there are none. */
export type Row = { epoch: string; hotel_id: string | null; seq: string }

/**
 * Follows the heads of one hotel or of all: a wait ends with what moved since the one before, when the numbering becomes
 * another one, or after the time.
 */
export type Follow = (
  signal: AbortSignal,
  hotel?: string,
) => { moved(milliseconds: number): Promise<Moved>; end(): void }

/** Those who follow the heads, and the heads as they were last seen. */
export function feedFollowers() {
  let epoch = ''
  const known = new Map<string, bigint>()
  const followers = new Set<Follower>()
  const begin = (current: string) => {
    epoch = current
    known.clear()
    for (const follower of followers) {
      follower.pending.clear()
      follower.isRenumbered = true
      follower.wake()
    }
  }
  const see = (rows: Row[]) => {
    for (const { epoch: current, hotel_id, seq } of rows) {
      if (current !== epoch) begin(current)
      if (hotel_id === null) continue
      const number = BigInt(seq)
      if (number <= (known.get(hotel_id) ?? 0n)) continue
      known.set(hotel_id, number)
      for (const follower of followers) {
        if (follower.hotel !== undefined && follower.hotel !== hotel_id) continue
        follower.pending.set(hotel_id, number)
        follower.wake()
      }
    }
  }

  const follow: Follow = (signal, hotel) => {
    const follower: Follower = { hotel, pending: new Map(), isRenumbered: false, wake: () => undefined }
    followers.add(follower)
    const end = () => {
      followers.delete(follower)
      // A signal that others abort is kept in memory as long as somebody listens.
      signal.removeEventListener('abort', end)
      follower.wake()
    }
    signal.addEventListener('abort', end, { once: true })
    return {
      async moved(milliseconds) {
        if (follower.pending.size === 0 && !follower.isRenumbered && !signal.aborted) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, milliseconds)
            follower.wake = () => {
              clearTimeout(timer)
              resolve()
            }
          })
        }
        const heads = follower.pending
        follower.pending = new Map()
        follower.isRenumbered = false
        return { epoch, heads }
      },
      end,
    }
  }
  return {
    /** Takes heads that were read. */
    see,
    follow,
    /** Whether somebody follows one of these hotels, or all. */
    areFollowed: (hotels: readonly string[]) =>
      followers.values().some(({ hotel }) => hotel === undefined || hotels.includes(hotel)),
    /** Identity of the numbering as it was last seen. */
    epoch: () => epoch,
  }
}

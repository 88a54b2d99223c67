import type { Planned } from './operations.ts'
import { DAYS } from './shape.ts'

/** How often all is quiet and then many call at once. */
export const FINALES = 10
/** Between two of the calls; a service tells of commits some 20 ms after them. */
export const FINALE_APART_MS = 13
const CALLS = 6
/** Days after the others, so that the nights are free. */
export const FINALE_DAYS = DAYS + 6

/** Creates that are sent at almost one moment when nothing else happens: whoever misses what comes while it reads is not woken again. */
export function finale(round: number): Planned[] {
  return Array.from({ length: CALLS }, (_, n) => ({
    name: `c${n}.end${round}`,
    client: n,
    door: n % 2 === 0 ? 'grpc' : 'rest',
    gateway: n % 2 === 0 ? 0 : 1,
    repeat: 'never',
    act: { do: 'book', place: 0, rooms: [n], stay: { from: FINALE_DAYS + round, nights: 1 }, guest: 0 },
  }))
}

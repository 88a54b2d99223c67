import type { Evidence, Try } from '../history/evidence.ts'
import type { Fields } from './fields.ts'

/** Whether a hold had lapsed at the moment of a call: by the clocks of the services, which may be off. */
export type Lapse = 'NO' | 'MAYBE' | 'YES'

/** The moments by services' clocks between which a call took place. */
export type Moments = { readonly earliest: number; readonly latest: number }

/** The moments of one sending of a call. */
export function momentsOf({ clock }: Evidence, { wallStart, wallEnd }: Try): Moments {
  return { earliest: wallStart - clock.behind, latest: (wallEnd ?? Number.POSITIVE_INFINITY) + clock.ahead }
}

/** Whether a reservation was a hold that had lapsed. */
export function lapse({ holdUntil }: Pick<Fields, 'holdUntil'>, { earliest, latest }: Moments): Lapse {
  if (holdUntil === null || holdUntil > latest) return 'NO'
  return holdUntil <= earliest ? 'YES' : 'MAYBE'
}

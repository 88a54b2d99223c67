import type { PerService } from '../service-names.ts'

/** What a client may be allowed: all that the gateway offers. */
export const clientScopes: readonly string[] = ['guests', 'rooms', 'reservations'].flatMap((each) => [
  `${each}.read`,
  `${each}.write`,
])

/** What `npm run import` and `npm run export` do. */
export const transferScopes: readonly string[] = ['transfers.read', 'transfers.write']

/** What each service asks of its peers, and no more. */
export const serviceScopes: PerService<readonly string[]> = {
  // Which hotels there are; whether a guest may be deleted.
  guests: ['rooms.read', 'retirements.write'],
  // Whether a room may be deleted.
  rooms: ['retirements.write'],
  // The changes of guests and rooms, and those that have not come yet.
  reservations: ['feeds.read', 'guests.read', 'rooms.read'],
}

/** All scopes that there are. */
export const allScopes: readonly string[] = [
  ...new Set([...clientScopes, ...transferScopes, ...Object.values(serviceScopes).flat()]),
]

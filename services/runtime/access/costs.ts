import { methodOptions } from './method-options.ts'

/** How many requests of a client's limit a call of each method counts as, by its path as `/hotel.guests.v1.GuestService/GetGuest`. */
export type Costs = ReadonlyMap<string, number>

const MOST = 60

/** Reads the costs from a descriptor set, 1 where none is said; throws naming each method with one that is not 2 to 60. */
export function readCosts(descriptorSet: Uint8Array): Costs {
  const said = methodOptions(descriptorSet, 'hotel.auth.v1.cost')
  const costs = said.map(({ path, value }) => ({ path, cost: value === undefined ? 1 : Number(value), value }))
  const wrong = costs.filter(({ value, cost }) => value !== undefined && (cost < 2 || cost > MOST))
  if (wrong.length > 0)
    throw new Error(
      `These methods have a cost that is not from 2 to ${MOST}: leave out (hotel.auth.v1.cost), or change it.\n` +
        wrong.map(({ path }) => path.slice(1)).join('\n'),
    )
  return new Map(costs.map(({ path, cost }) => [path, cost]))
}

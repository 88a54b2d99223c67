import { methodOptions } from './method-options.ts'

/** The scope that each method of the suite needs, by its path as `/hotel.guests.v1.GuestService/GetGuest`. */
export type Scopes = ReadonlyMap<string, string>

/** Reads the scopes from a descriptor set; throws naming each method of the suite that declares none, or no proper one. */
export function readScopes(descriptorSet: Uint8Array): Scopes {
  const scopes = methodOptions(descriptorSet, 'hotel.auth.v1.scope').map(
    ({ path, value }) => [path, String(value)] as const,
  )
  const wrong = scopes.filter(([, scope]) => !/^[a-z]+\.(read|write)$/.test(scope)).map(([path]) => path.slice(1))
  if (wrong.length > 0)
    throw new Error(
      `These methods have no scope, such as rooms.read: give each an option (hotel.auth.v1.scope).\n${wrong.join('\n')}`,
    )
  return new Map(scopes)
}

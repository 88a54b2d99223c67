import { createFileRegistry, fromBinary, getOption, hasOption } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'

/** How many requests of a client's limit a call of each method counts as, by its path as `/hotel.guests.v1.GuestService/GetGuest`. */
export type Costs = ReadonlyMap<string, number>

const MOST = 60

/** Reads the costs from a descriptor set, 1 where none is said; throws naming each method with one that is not 2 to 60. */
export function readCosts(descriptorSet: Uint8Array): Costs {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet))
  const extension = registry.getExtension('hotel.auth.v1.cost')
  if (extension === undefined) throw new Error('the descriptor set lacks hotel/auth/v1/auth.proto')
  const costs = [...registry]
    .flatMap((type) => (type.kind === 'service' && type.typeName.startsWith('hotel.') ? type.methods : []))
    .map((method) => {
      const isSaid = hasOption(method, extension)
      return {
        path: `/${method.parent.typeName}/${method.name}`,
        cost: isSaid ? Number(getOption(method, extension)) : 1,
        isSaid,
      }
    })
  const wrong = costs.filter(({ isSaid, cost }) => isSaid && (cost < 2 || cost > MOST))
  if (wrong.length > 0)
    throw new Error(
      `These methods say a cost that is not from 2 to ${MOST}: leave out (hotel.auth.v1.cost), or change it.\n` +
        wrong.map(({ path }) => path.slice(1)).join('\n'),
    )
  return new Map(costs.map(({ path, cost }) => [path, cost]))
}

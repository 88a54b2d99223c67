import { createFileRegistry, fromBinary, getOption } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'

/** The scope that each method of the suite needs, by its path as `/hotel.guests.v1.GuestService/GetGuest`. */
export type Scopes = ReadonlyMap<string, string>

/** Reads the scopes from a descriptor set; throws naming each method of the suite that declares none, or no proper one. */
export function readScopes(descriptorSet: Uint8Array): Scopes {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet))
  const extension = registry.getExtension('hotel.auth.v1.scope')
  if (extension === undefined) throw new Error('the descriptor set lacks hotel/auth/v1/auth.proto')
  const services = [...registry].filter((type) => type.kind === 'service' && type.typeName.startsWith('hotel.'))
  const methods = services.flatMap((service) => (service.kind === 'service' ? service.methods : []))
  const scopes = methods.map((method) => {
    const scope = getOption(method, extension) as unknown
    return [`/${method.parent.typeName}/${method.name}`, String(scope)] as const
  })
  const wrong = scopes.filter(([, scope]) => !/^[a-z]+\.(read|write)$/.test(scope)).map(([path]) => path.slice(1))
  if (wrong.length > 0)
    throw new Error(
      `These methods say no scope, as rooms.read: give each an option (hotel.auth.v1.scope).\n${wrong.join('\n')}`,
    )
  return new Map(scopes)
}

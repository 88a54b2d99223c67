import { readFileSync } from 'node:fs'
import {
  clearExtension,
  create,
  createFileRegistry,
  type DescExtension,
  fromBinary,
  setExtension,
  toBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema, type MethodOptions, MethodOptionsSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from '@jest/globals'
import { readScopes } from './scopes.ts'

const bytes = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))

/** The descriptor set of the API, with the options of two methods changed. */
function changed(change: (options: MethodOptions, scope: DescExtension) => void): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, bytes)
  const scope = createFileRegistry(set).getExtension('hotel.auth.v1.scope')
  if (scope === undefined) throw new Error('there is no option')
  const methods = set.file.flatMap((file) => file.service).flatMap((service) => service.method)
  for (const { name, options } of methods)
    if (['GetGuest', 'RetireRoom'].includes(name)) change(options ?? create(MethodOptionsSchema), scope)
  return toBinary(FileDescriptorSetSchema, set)
}

describe('the scopes of the methods', () => {
  it('are those that the protos say, of clients and of the services among themselves', () => {
    const scopes = readScopes(bytes)
    expect(scopes.get('/hotel.guests.v1.GuestService/ListGuests')).toBe('guests.read')
    expect(scopes.get('/hotel.reservations.v1.ReservationService/SwapRooms')).toBe('reservations.write')
    expect([...new Set(scopes.values())].sort()).toEqual([
      ...['feeds.read', 'guests.read', 'guests.write', 'reservations.read', 'reservations.write', 'retirements.write'],
      ...['rooms.read', 'rooms.write', 'transfers.read', 'transfers.write'],
    ])
  })

  it('let no client change by reading', () => {
    for (const [path, scope] of readScopes(bytes))
      expect([path, scope.split('.')[1]]).toEqual([
        path,
        /\/(Get|List|Watch|Export)[A-Z]?\w*$/.test(path) ? 'read' : 'write',
      ])
  })

  it('are missed by name: a method without one, or with another word, lets nothing be built', () => {
    const none = changed((options, scope) => clearExtension(options, scope))
    expect(() => readScopes(none)).toThrow(
      /hotel\.guests\.v1\.GuestService\/GetGuest\nhotel\.reservations\.v1\.RetirementService\/RetireRoom/,
    )
    const another = changed((options, scope) => setExtension(options, scope, 'guests.admin' as never))
    expect(() => readScopes(another)).toThrow(/GetGuest\n.*RetireRoom/)
  })
})

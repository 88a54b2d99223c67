import { readFileSync } from 'node:fs'
import { create, createFileRegistry, fromBinary, setExtension, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema, MethodOptionsSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from '@jest/globals'
import { readCosts } from './costs.ts'

const bytes = readFileSync(new URL(import.meta.resolve('@hotel/proto/api.binpb')))

/** The descriptor set of the API, with this cost of GetGuest. */
function withCost(cost: number): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, bytes)
  const extension = createFileRegistry(set).getExtension('hotel.auth.v1.cost')
  const method = set.file
    .flatMap((file) => file.service)
    .flatMap((service) => service.method)
    .find(({ name }) => name === 'GetGuest')
  if (extension === undefined || method === undefined) throw new Error('there is no option, or no method')
  method.options ??= create(MethodOptionsSchema)
  setExtension(method.options, extension, cost as never)
  return toBinary(FileDescriptorSetSchema, set)
}

describe('the costs of the methods', () => {
  it('are those that the protos say, and one where they say none', () => {
    const costs = readCosts(bytes)
    expect(costs.get('/hotel.guests.v1.GuestService/GetGuest')).toBe(1)
    expect(costs.get('/hotel.reservations.v1.AvailabilityService/ListRoomAvailability')).toBe(2)
    expect(readCosts(withCost(5)).get('/hotel.guests.v1.GuestService/GetGuest')).toBe(5)
  })

  it.each([-1, 0, 1, 61])('are from 2 to 60 where they are said: %s lets nothing be built', (cost) => {
    expect(() => readCosts(withCost(cost))).toThrow(/from 2 to 60.*\nhotel\.guests\.v1\.GuestService\/GetGuest$/)
  })
})

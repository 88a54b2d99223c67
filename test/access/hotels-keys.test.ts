import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { DEFAULT_HOTEL, DEFAULT_LOCATION } from '@hotel/runtime/errors/id'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CallOptions, Metadata, Status } from 'nice-grpc'
import type { Clients } from '../harness/clients.ts'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { freshNumber } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

async function newHotel(): Promise<string> {
  return (await suite.hotels.createHotel({ name: 'Another' })).id
}

async function as(hotels: readonly string[], subject = 'desk'): Promise<Clients> {
  return suite.clientsWith(await suite.token({ subject, hotels })).direct
}

/** Options of a call with this key, and what its answer says of a repeat. */
function keyed(key: string) {
  const said: { replayed?: string | undefined } = {}
  const options: CallOptions = {
    metadata: Metadata({ 'idempotency-key': key }),
    onHeader: (header) => {
      said.replayed = header.get('idempotent-replayed')
    },
  }
  return { options, said }
}

describe('an idempotency key', () => {
  test('is of a hotel and a subject: others use the same one for their own', async () => {
    const [a, b, key] = [await newHotel(), await newHotel(), randomUUID()]
    const create = async (hotel: string, subject: string) => {
      const { options, said } = keyed(key)
      const guests = (await as([hotel], subject)).guests
      return { ...(await guests.createGuest({ hotel, first_name: 'Ada' }, options)), ...said }
    }
    const first = await create(a, 'desk')
    expect(await create(a, 'desk')).toMatchObject({ id: first.id, replayed: 'true' })
    for (const other of [await create(a, 'other'), await create(b, 'desk')]) {
      expect(other.id).not.toBe(first.id)
      expect(other.replayed).toBeUndefined()
    }
  })

  test('gives the first answer no more once the token has lost the hotel', async () => {
    const [a, b, key] = [await newHotel(), await newHotel(), randomUUID()]
    const both = await as([a, b])
    const guest = await both.guests.createGuest({ hotel: a, first_name: 'Ada' }, keyed(key).options)
    const update = { id: guest.id, last_name: 'Lovelace' }
    await both.guests.updateGuest(update, keyed(`${key}-2`).options)
    const { guests } = await as([b])
    await expect(guests.createGuest({ hotel: a, first_name: 'Ada' }, keyed(key).options)).rejects.toRefuse(
      Status.INVALID_ARGUMENT,
      'INVALID_FIELD',
      { fields: 'hotel' },
    )
    await expect(guests.updateGuest(update, keyed(`${key}-2`).options)).rejects.toRefuse(
      Status.NOT_FOUND,
      'RESOURCE_NOT_FOUND',
      { id: guest.id },
    )
    const { options, said } = keyed(`${key}-2`)
    await both.guests.updateGuest(update, options)
    expect(said.replayed).toBe('true')
  })
})

describe('who names no hotel', () => {
  const person = { first_name: 'Ada', email: 'ada@example.org', role: 3 } as const

  test('gets the default hotel when the token has it', async () => {
    const other = await newHotel()
    for (const hotels of [['*'], [DEFAULT_HOTEL], [other, DEFAULT_HOTEL]]) {
      const { guests, rooms, locations } = await as(hotels)
      expect(await guests.createGuest({ first_name: 'Ada' })).toMatchObject({ hotel: DEFAULT_HOTEL })
      expect(await rooms.createRoom({ number: freshNumber() })).toMatchObject({ location: DEFAULT_LOCATION })
      expect(await locations.createLocation({ name: 'Annex', time_zone: 'UTC' })).toMatchObject({
        hotel: DEFAULT_HOTEL,
      })
    }
  })

  test('gets its only hotel, with its only location', async () => {
    const hotel = await newHotel()
    const { guests, rooms, roomTypes, employees, locations } = await as([hotel])
    expect(await guests.createGuest({ first_name: 'Ada' })).toMatchObject({ hotel })
    expect(await roomTypes.createRoomType({ name: 'Double' })).toMatchObject({ hotel })
    await expect(rooms.createRoom({ number: '101' })).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', {
      fields: 'location',
    })
    const location = await locations.createLocation({ name: 'Main', time_zone: 'UTC' })
    expect(location).toMatchObject({ hotel })
    expect(await rooms.createRoom({ number: '101' })).toMatchObject({ hotel, location: location.id })
    expect(await employees.createEmployee(person)).toMatchObject({ hotel, location: location.id })
    await locations.createLocation({ name: 'Annex', time_zone: 'UTC' })
    await expect(rooms.createRoom({ number: '102' })).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', {
      fields: 'location',
    })
  })

  test('is asked for it otherwise', async () => {
    for (const hotels of [[], [await newHotel(), await newHotel()], ['no id']]) {
      const { guests, rooms, roomTypes, employees, locations } = await as(hotels)
      const refused: [() => Promise<unknown>, string][] = [
        [() => guests.createGuest({ first_name: 'Ada' }), 'hotel'],
        [() => roomTypes.createRoomType({}), 'name,hotel'],
        [() => locations.createLocation({ name: 'Annex', time_zone: 'UTC' }), 'hotel'],
        [() => rooms.createRoom({ number: '101' }), 'location'],
        [() => employees.createEmployee(person), 'location'],
      ]
      for (const [call, wrong] of refused)
        await expect(call()).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: wrong })
    }
  })
})

test('a hotel is made by a token of every hotel only, also when the token names one that is not there yet', async () => {
  const { hotels } = await as([await newHotel(), randomUUIDv7()])
  await expect(hotels.createHotel({ name: 'Mine' })).rejects.toRefuse(Status.PERMISSION_DENIED, 'PERMISSION_DENIED', {
    hotels: '*',
  })
})

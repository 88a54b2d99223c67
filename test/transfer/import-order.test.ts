import { randomUUID } from 'node:crypto'
import { Outcome_Kind as Kind } from '@hotel/proto/hotel/transfer/v1/transfer'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { mintFor, type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'
import { waiting, whileLocked } from '../support/locks.ts'
import { transfers } from './transfers.ts'

let suite: Suite
let hotels: readonly [string, string]
beforeAll(async () => {
  suite = await sharedSuite({ hotels: 'every' })
  const [{ id: first }, { id: second }] = [
    await suite.hotels.createHotel({ name: 'First' }),
    await suite.hotels.createHotel({ name: 'Second' }),
  ]
  hotels = [first, second]
  // Its service has to know them.
  for (const hotel of hotels) await eventually(() => suite.guests.createGuest({ hotel, first_name: 'Ada' }))
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const batchOf = (hotel: string, id: string) => ({ guests: [{ id, hotel, first_name: 'Grace' }] })
const created = { outcomes: [expect.objectContaining({ kind: Kind.CREATED })] }
const notStored = expect.objectContaining({
  code: Status.ABORTED,
  extra: expect.arrayContaining([expect.objectContaining({ reason: 'BATCH_BEFORE_NOT_STORED' })]),
})
const headOf = (hotel: string) => `select 1 from feed_head where hotel_id = '${hotel}' for update`

async function storedOf(ids: string[]): Promise<string[]> {
  const text = 'select id from guest where id = any($1) order by update_time'
  return (await suite.sql<{ id: string }>('guests', text, [ids])).map(({ id }) => id)
}

test('a batch is stored after the one before it, though its own hotel is free and that of the other is not', async () => {
  using guests = transfers(suite, 'guests')
  for (let round = 0; round < 5; round++) {
    const [name, one, two] = [randomUUID(), randomUUID(), randomUUID()]
    let sent: Promise<unknown[]> = Promise.resolve([])
    await whileLocked(
      suite,
      'guests',
      async () => {
        const first = guests.import(batchOf(hotels[0], one), { name })
        await waiting(suite, 'guests', 'Lock')
        sent = Promise.all([first, guests.import(batchOf(hotels[1], two), { after: name })])
        // Others of the second hotel come through meanwhile; so could it.
        for (let n = 0; n < 3; n++) await suite.guests.createGuest({ hotel: hotels[1], first_name: 'Meanwhile' })
      },
      headOf(hotels[0]),
    )
    expect(await sent).toEqual([created, created])
    expect(await storedOf([one, two])).toEqual([one, two])
  }
})

test('a batch is not stored when the one before it is not', async () => {
  using guests = transfers(suite, 'guests')
  const [name, one, two, three] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const leaving = new AbortController()
  let sent: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([])
  await whileLocked(
    suite,
    'guests',
    async () => {
      const first = guests.import(batchOf(hotels[0], one), { name }, leaving.signal)
      await waiting(suite, 'guests', 'Lock')
      const second = guests.import(batchOf(hotels[1], two), { name: `${name} 2`, after: name })
      const third = guests.import(batchOf(hotels[1], three), { after: `${name} 2` })
      sent = Promise.allSettled([first, second, third])
      await suite.guests.createGuest({ hotel: hotels[1], first_name: 'Meanwhile' })
      leaving.abort()
      await sent
    },
    headOf(hotels[0]),
  )
  const failed = { status: 'rejected', reason: notStored }
  expect(await sent).toEqual([expect.objectContaining({ status: 'rejected' }), failed, failed])
  expect(await storedOf([one, two, three])).toEqual([])
  expect(await guests.import(batchOf(hotels[1], two))).toEqual(created)
})

test('a batch comes after none that is over, that never was, or that another caller has sent', async () => {
  using guests = transfers(suite, 'guests')
  const token = await mintFor(suite.stack, { subject: 'other', scopes: ['transfers.write'] })
  using others = transfers(suite, 'guests', token)
  const name = randomUUID()
  expect(await guests.import(batchOf(hotels[0], randomUUID()), { name })).toEqual(created)
  await expect(guests.import(batchOf(hotels[0], randomUUID()), { after: name })).rejects.toEqual(notStored)
  await expect(guests.import({}, { after: randomUUID() })).rejects.toEqual(notStored)
  await whileLocked(
    suite,
    'guests',
    async () => {
      const leaving = new AbortController()
      const sent = guests.import(batchOf(hotels[0], randomUUID()), { name }, leaving.signal).catch(() => undefined)
      await waiting(suite, 'guests', 'Lock')
      await expect(others.import(batchOf(hotels[1], randomUUID()), { after: name })).rejects.toEqual(notStored)
      leaving.abort()
      await sent
    },
    headOf(hotels[0]),
  )
})

test('names of batches have a bound', async () => {
  using guests = transfers(suite, 'guests')
  for (const field of ['name', 'after']) {
    const sent = guests.import(batchOf(hotels[0], randomUUID()), { [field]: 'n'.repeat(101) })
    await expect(sent).rejects.toEqual(expect.objectContaining({ code: Status.INVALID_ARGUMENT }))
  }
})

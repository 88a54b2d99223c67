import { type GuestChange, GuestChange_Kind as Kind } from '@hotel/proto/hotel/guests/v1/guests'
import { type Suite, startSuite } from '@hotel/stack/test-suite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ instances: { guests: 2 } })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

/** Watches until `enough` of the changes, then gives them with the cursor of the last answer. */
async function watchUntil(hotel: string, cursor: string, enough: (changes: GuestChange[]) => boolean) {
  const changes: GuestChange[] = []
  let last = cursor
  for await (const answer of suite.gateway.guests.watchGuests({ hotel, cursor })) {
    changes.push(...answer.changes)
    last = answer.cursor
    if (enough(changes)) break
  }
  return { changes, cursor: last }
}

const newHotel = async () => (await suite.hotels.createHotel({ name: 'Watched' })).id

describe('watching the guests of a hotel', () => {
  test('tells each change once, in commit order, from both instances, while many write', async () => {
    const hotel = await newHotel()
    const watching = watchUntil(hotel, '', (changes) => changes.length >= 120)
    const made = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const { id } = await suite.gateway.guests.createGuest({ hotel, first_name: `Guest ${n}` })
        await suite.gateway.guests.updateGuest({ id, last_name: 'Renamed' })
        return id
      }),
    )
    const { changes } = await watching
    for (const id of made) {
      const own = changes.filter(({ guest }) => guest?.id === id)
      expect(own.map(({ version, kind }) => [version, kind])).toEqual([
        [1n, Kind.CREATED],
        [2n, Kind.UPDATED],
      ])
    }
    const times = changes.map(({ time }) => Number(time))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('goes on from a cursor without gap or repetition, and sees deletion and restoring', async () => {
    const hotel = await newHotel()
    const { id } = await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    const first = await watchUntil(hotel, '', (changes) => changes.length >= 1)
    await suite.guests.deleteGuest({ id })
    await suite.guests.undeleteGuest({ id })
    const { changes } = await watchUntil(hotel, first.cursor, (seen) => seen.length >= 2)
    expect(changes.map(({ kind, version }) => [kind, version])).toEqual([
      [Kind.DELETED, 2n],
      [Kind.UNDELETED, 3n],
    ])
  })

  test('from now on begins with the cursor of now', async () => {
    const hotel = await newHotel()
    await suite.guests.createGuest({ hotel, first_name: 'Before' })
    for await (const { changes, cursor } of suite.guests.watchGuests({ hotel, from_now: true })) {
      expect([changes, cursor === '']).toEqual([[], false])
      break
    }
  })

  test('a cursor of another hotel is refused; one of a lost numbering is CURSOR_EXPIRED', async () => {
    const [hotel, other] = [await newHotel(), await newHotel()]
    await suite.guests.createGuest({ hotel, first_name: 'Ada' })
    const { cursor } = await watchUntil(hotel, '', (changes) => changes.length >= 1)
    const watch = (of: string, from: string) => watchUntil(of, from, () => true)
    await expect(watch(other, cursor)).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD', { fields: 'cursor' })
    await expect(watch(hotel, 'mangled')).rejects.toRefuse(Status.INVALID_ARGUMENT, 'INVALID_FIELD')
    await suite.sql('guests', 'update feed_epoch set epoch = gen_random_uuid()')
    await expect(watch(hotel, cursor)).rejects.toRefuse(Status.OUT_OF_RANGE, 'CURSOR_EXPIRED')
  })
})

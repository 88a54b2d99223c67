import type { Read } from '@hotel/runtime/database/read'
import { expect, test } from '@jest/globals'
import { Registry } from 'prom-client'
import { type CreationGroupOptions, creationGroups } from './creation-groups.ts'
import type { NewReservation } from './creation-statement.ts'

const HOTELS_PLACE = 21
const PATIENCE_PLACE = 22

/** Groups whose database finds the heads of some hotels held, and whose waits for one head end as the test says. */
function groupsWhere(isHeld: (hotel: string) => boolean, othersWrite = false) {
  const asked: { readonly hotels: string; readonly patience: unknown }[] = []
  type Apply = (write: { em: unknown }) => Promise<unknown>
  const waits: { readonly hotel: string; readonly apply: Apply; readonly end: (error: Error) => void }[] = []
  const read: Read = async (_, parameters) => {
    asked.push({ hotels: String(parameters[HOTELS_PLACE]), patience: parameters[PATIENCE_PLACE] })
    const hotels = String(parameters[1]).slice(1, -1).split(',')
    return hotels.map((hotel, n) =>
      isHeld(hotel)
        ? [`${n + 1}`, 'BUSY', null, '2026-01-01 00:00:00+00', null, null, null]
        : [`${n + 1}`, 'MADE', 'place', '2026-01-01 00:00:00+00', '{room}', null, null],
    )
  }
  const underHead = (hotel: string, _: AbortSignal, { apply }: { apply: Apply }) =>
    new Promise<never>((_, reject) => waits.push({ hotel, apply, end: reject }))
  const groups = creationGroups({
    read,
    clockOffset: () => 0,
    metrics: { registry: new Registry() },
    heads: { moved: () => undefined, othersWrite: () => othersWrite },
    mostHotels: 128,
    writer: { underHead: underHead as unknown as CreationGroupOptions['writer']['underHead'] },
  })
  const create = (hotel: string, repeat?: NewReservation['repeat']) =>
    groups({ ...ANY, hotel, repeat }, new AbortController().signal)
  return { create, asked, waits }
}

const ANY: Omit<NewReservation, 'hotel'> = {
  ...{ id: 'id', guest: 'guest', location: null, inDate: '2026-01-01', outDate: '2026-01-02', rooms: ['room'] },
  ...{ note: null, holdUntil: null, externalId: null, source: null, actor: 'somebody', repeat: undefined },
}

/** Lets the event loop turn until it is so. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come to that')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a hotel whose head somebody holds takes the time of one group: then it is waited for by itself', async () => {
  const { create, asked, waits } = groupsWhere((hotel) => hotel === 'stuck')
  const first = create('stuck')
  await until(() => waits.length === 1)
  expect(await create('free')).toMatchObject({ outcome: 'MADE' })

  waits[0]?.end(new Error('the head could not be taken'))
  await expect(first).rejects.toThrow('the head could not be taken')
  const second = create('stuck')
  await until(() => waits.length === 2)
  expect(await create('free')).toMatchObject({ outcome: 'MADE' })
  expect(asked.map(({ hotels }) => hotels)).toEqual(['{stuck}', '{free}', '{free}'])

  waits[1]?.end(new Error('it still could not'))
  await expect(second).rejects.toThrow('it still could not')
  expect(waits.map(({ hotel }) => hotel)).toEqual(['stuck', 'stuck'])
})

test.each([
  ['its statement', true],
  ['its commit', false],
])('one that found no room in a group is answered when that group fails at %s', async (_, isOfStatement) => {
  const { create, waits } = groupsWhere(() => true)
  // Of calls with one key the second waits for the answer of the first.
  const repeat = { key: 'key' } as NewReservation['repeat']
  const [first, second] = [create('stuck', repeat), create('stuck', repeat)].map((made) => made.catch(String))
  await until(() => waits.length === 1)
  const refused = await waits[0]?.apply({ em: undefined }).catch((error: Error) => error)
  waits[0]?.end(isOfStatement ? (refused as Error) : new Error('the first group failed'))
  expect(await first).toMatch(isOfStatement ? 'TypeError' : 'the first group failed')

  await until(() => waits.length === 2)
  waits[1]?.end(new Error('the second one, too'))
  expect(await second).toBe('Error: the second one, too')
})

test.each([
  [true, 100],
  [false, 10],
])('another process writes: %s; a group waits %d ms at a head', async (othersWrite, patience) => {
  const { create, asked } = groupsWhere(() => false, othersWrite)
  await create('free')
  expect(asked).toEqual([{ hotels: '{free}', patience }])
})

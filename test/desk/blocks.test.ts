import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Status } from 'nice-grpc'
import { type RestAnswer, type Suite, sharedSuite, TESTER } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { invalid, refusal } from '../support/rest.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const keyed = (key: string) => ({ metadata: Metadata({ 'idempotency-key': key }) })
const post = (body: unknown) => suite.rest('POST', '/room_blocks', { body })
const unknown = '01890000-0000-7000-8000-000000000000'
const dates = (from: number, to: number) => ({ in_date: day(from), out_date: day(to) })
const newRoom = async () => (await suite.rooms.createRoom({ number: freshNumber() })).id
const block = (room: string, from: number, to: number) =>
  suite.gateway.blocks.createRoomBlock({ room, ...dates(from, to) })

/** What stands in the way of a refused hold. */
function inTheWay({ json }: RestAnswer) {
  const [{ metadata }, { violations }] = json.details
  const [{ type, subject }] = violations
  return { ...metadata, type, subject }
}

describe('a block', () => {
  test('POST is 201 with location and etag; GET gives the same; DELETE frees its nights and keeps it', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const body = { room, ...dates(1, 4), reason: 'Leaking tap' }
    const made = await post(body)
    expect(made).toMatchObject({ status: 201, json: { ...body, etag: '"1"' } })
    const names = [
      'create_time',
      'etag',
      'hotel',
      'id',
      'in_date',
      'location',
      'out_date',
      'reason',
      'room',
      'update_time',
    ]
    expect(Object.keys(made.json).sort()).toEqual(names)
    const path = `/room_blocks/${made.json.id}`
    expect([made.headers.get('location'), made.headers.get('etag')]).toEqual([path, '"1"'])
    expect((await suite.rest('GET', path)).json).toEqual(made.json)

    const reserve = () => suite.rest('POST', '/reservations', { body: { guest, room, ...dates(2, 6) } })
    const refused = await reserve()
    expect(refusal(refused)).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect(inTheWay(refused)).toEqual({
      room,
      in_date: day(2),
      out_date: day(4),
      type: 'BLOCK',
      subject: `rooms/${room}`,
    })
    const stale = await suite.rest('DELETE', path, { headers: { 'if-match': '"7"' } })
    expect(refusal(stale)).toEqual([409, 'ETAG_MISMATCH'])
    const deleted = await suite.rest('DELETE', path, { headers: { 'if-match': '"1"' } })
    expect(deleted).toMatchObject({ status: 200, json: { id: made.json.id, delete_time: expect.any(String) } })
    expect((await suite.rest('GET', path)).json).toEqual(deleted.json)
    const again = await suite.rest('DELETE', path)
    expect([...refusal(again), again.json.details[0].metadata.resource]).toEqual([
      404,
      'RESOURCE_NOT_FOUND',
      'room_block',
    ])
    expect((await reserve()).status).toBe(201)
    const overlapping = await post(body)
    expect(refusal(overlapping)).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect(inTheWay(overlapping)).toMatchObject({ type: 'RESERVATION', in_date: day(2), out_date: day(4) })
  })

  test.each<[string, (room: string) => object, string[]]>([
    ['nothing', () => ({}), ['room', 'in_date', 'out_date']],
    ['a room that is no id', () => ({ room: 'x', ...dates(1, 2) }), ['room']],
    ['an unknown room', () => ({ room: unknown, ...dates(1, 2) }), ['room']],
    ['dates in the wrong order', (room) => ({ room, ...dates(2, 1) }), ['out_date']],
    ['367 nights', (room) => ({ room, ...dates(1, 368) }), ['out_date']],
    [
      'no dates and a blank reason',
      (room) => ({ room, in_date: '2026-02-30', out_date: '', reason: ' ' }),
      ['in_date', 'out_date', 'reason'],
    ],
  ])('of %s is refused, all wrong fields named', async (_what, body, fields) => {
    expect(refusal(await post(body(await newRoom())))).toEqual(invalid(...fields))
  })

  test('of a deleted room is refused', async () => {
    const room = await newRoom()
    await suite.rooms.deleteRoom({ id: room })
    await eventually(async () => expect(refusal(await post({ room, ...dates(1, 2) }))).toEqual(invalid('room')))
  })

  test('touches what is before and after it; equal dates take that one night', async () => {
    const room = await newRoom()
    await block(room, 10, 20)
    await block(room, 5, 10)
    await block(room, 20, 20)
    for (const [from, to] of [
      [20, 20],
      [19, 21],
      [4, 6],
    ] as const) {
      await expect(block(room, from, to)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room })
    }
    await expect(block(room, 21, 22)).resolves.toMatchObject({ room })
  })

  test('is made and ended once for each idempotency key', async () => {
    const room = await newRoom()
    const request = { room, ...dates(1, 3) }
    const made = await Promise.all(
      Array.from({ length: 16 }, () => suite.gateway.blocks.createRoomBlock(request, keyed('b1'))),
    )
    for (const answer of made) expect(answer).toEqual(made[0])
    const id = made[0]?.id ?? ''
    const ended = [await suite.blocks.deleteRoomBlock({ id }, keyed('b2'))]
    ended.push(await suite.blocks.deleteRoomBlock({ id }, keyed('b2')))
    expect(ended[0]).toEqual(ended[1])
    const history = await suite.sql(
      'reservations',
      'select resource, kind, version, actor from change where id = $1 order by seq',
      [id],
    )
    expect(history).toEqual([
      { resource: 'room_block', kind: 'CREATED', version: 1, actor: TESTER },
      { resource: 'room_block', kind: 'DELETED', version: 2, actor: TESTER },
    ])
  })
})

describe('a block that is changed', () => {
  const patch = (id: string, body: object, headers: Record<string, string> = {}) =>
    suite.rest('PATCH', `/room_blocks/${id}`, { body, headers })
  const nightsOf = async (id: string) =>
    (
      await suite.sql<{ nights: string }>(
        'reservations',
        'select in_date || $2 || out_date as nights from occupancy where holder_id = $1',
        [id, ' '],
      )
    ).map(({ nights }) => nights)

  test('has other nights, and what it gave up is free', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const { id } = await suite.blocks.createRoomBlock({ room, ...dates(1, 10), reason: 'Paint' })
    const reserve = (from: number, to: number) =>
      suite.rest('POST', '/reservations', { body: { guest, room, ...dates(from, to) } })
    const earlier = await patch(id, { out_date: day(4), room })
    expect(earlier).toMatchObject({ status: 200, json: { ...dates(1, 4), reason: 'Paint', etag: '"2"' } })
    expect(earlier.headers.get('etag')).toBe('"2"')
    expect((await reserve(4, 6)).status).toBe(201)
    expect(await patch(id, { ...dates(-3, 4) })).toMatchObject({ status: 200, json: dates(-3, 4) })
    expect(
      await patch(id, { in_date: day(2), out_date: day(2), update_mask: 'in_date,out_date,reason' }),
    ).toMatchObject({
      status: 200,
      json: expect.not.objectContaining({ reason: expect.anything() }),
    })
    expect(await nightsOf(id)).toEqual([`${day(2)} ${day(3)}`])
    expect((await reserve(3, 4)).status).toBe(201)
    expect((await suite.rest('GET', `/room_blocks/${id}`)).json).toMatchObject({ ...dates(2, 2), etag: '"4"' })
  })

  test('keeps its nights when it is refused', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const { id } = await block(room, 1, 4)
    await suite.reservations.createReservation({ guest, room, ...dates(5, 6) })
    const refused = await patch(id, { out_date: day(8), reason: 'Longer' })
    expect(refusal(refused)).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect(inTheWay(refused)).toMatchObject({ type: 'RESERVATION', in_date: day(5), out_date: day(6) })
    expect(refusal(await patch(id, { reason: 'Stale' }, { 'if-match': '"7"' }))).toEqual([409, 'ETAG_MISMATCH'])
    expect(refusal(await patch(id, { room: await newRoom() }))).toEqual([400, 'FIELD_IMMUTABLE_NOW'])
    expect(refusal(await patch(id, { out_date: day(0) }))).toEqual(invalid('out_date'))
    expect(refusal(await patch(id, { out_date: day(368) }))).toEqual(invalid('out_date'))
    expect(refusal(await patch(id, { in_date: 'May', reason: ' ' }))).toEqual(invalid('in_date', 'reason'))
    expect(refusal(await patch(id, { update_mask: 'out_date' }))).toEqual(invalid('out_date'))
    expect((await suite.rest('GET', `/room_blocks/${id}`)).json).toMatchObject({ ...dates(1, 4), etag: '"1"' })
    expect(await nightsOf(id)).toEqual([`${day(1)} ${day(4)}`])
    await suite.blocks.deleteRoomBlock({ id })
    expect(refusal(await patch(id, { reason: 'Late' }))).toEqual([404, 'RESOURCE_NOT_FOUND'])
    expect(refusal(await patch(unknown, { reason: 'None' }))).toEqual([404, 'RESOURCE_NOT_FOUND'])
  })

  test('takes no night of a room that is deleted, and may give some up', async () => {
    const room = await newRoom()
    const { id } = await block(room, -8, -2)
    await suite.rooms.deleteRoom({ id: room })
    expect(refusal(await patch(id, { out_date: day(3) }))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect(refusal(await patch(id, { in_date: day(-9) }))).toEqual([400, 'ROOM_NOT_AVAILABLE'])
    expect(await patch(id, { out_date: day(-4) })).toMatchObject({ status: 200, json: dates(-8, -4) })
    await suite.rooms.undeleteRoom({ id: room })
    expect(await patch(id, { out_date: day(3) })).toMatchObject({ status: 200, json: dates(-8, 3) })
  })

  test('once for each idempotency key, and without effect changes nothing', async () => {
    const { id } = await block(await newRoom(), 1, 3)
    const longer = { id, out_date: day(5) }
    const changed = await Promise.all(
      Array.from({ length: 8 }, () => suite.gateway.blocks.updateRoomBlock(longer, keyed('b3'))),
    )
    for (const answer of changed) expect(answer).toEqual(changed[0])
    await suite.gateway.blocks.updateRoomBlock(longer)
    const history = await suite.sql('reservations', 'select kind, version from change where id = $1 order by version', [
      id,
    ])
    expect(history).toEqual([
      { kind: 'CREATED', version: 1 },
      { kind: 'UPDATED', version: 2 },
    ])
  })
})

test('blocks are listed by in_date, the latest first, page by page, and filtered', async () => {
  const hotel = (await suite.hotels.createHotel({ name: 'Blocked' })).id
  const [east, west] = [
    await suite.locations.createLocation({ hotel, name: 'East', time_zone: 'UTC' }),
    await suite.locations.createLocation({ hotel, name: 'West', time_zone: 'UTC' }),
  ]
  const room = async (location: { id: string }) =>
    (await suite.rooms.createRoom({ number: freshNumber(), location: location.id })).id
  const [one, two, three] = [await room(east), await room(east), await room(west)]
  const names = new Map<string, string>()
  for (const [name, of, from, to] of [
    ['a', one, 1, 3],
    ['b', two, 2, 2],
    ['c', three, 5, 9],
    ['d', one, 7, 8],
  ] as const) {
    names.set((await block(of, from, to)).id, name)
  }
  const list = async (filter: object) => {
    let [found, page_token] = ['', '']
    do {
      const page = await suite.blocks.listRoomBlocks({ hotel, ...filter, page_size: 1, page_token })
      for (const { id } of page.room_blocks) found += names.get(id)
      page_token = page.next_page_token
    } while (page_token !== '')
    return found
  }
  expect(await list({})).toBe('dcba')
  expect(await list({ location: east.id })).toBe('dba')
  expect(await list({ room: one })).toBe('da')
  expect(await list({ from: day(3) })).toBe('dc')
  expect(await list({ from: day(2), to: day(3) })).toBe('ba')
  expect(await list({ to: day(2) })).toBe('a')
  expect(await list({ from: day(2), to: day(2) })).toBe('a')
  expect(refusal(await suite.rest('GET', `/room_blocks?from=${day(2)}&to=${day(1)}`))).toEqual(invalid('to'))
  await suite.blocks.deleteRoomBlock({ id: [...names.keys()][0] ?? '' })
  expect(await list({})).toBe('dcb')
  expect(await list({ show_deleted: true })).toBe('dcba')
  const rest = await suite.rest('GET', `/room_blocks?hotel=${hotel}&from=${day(8)}`)
  expect(rest.json.room_blocks.map(({ id }: { id: string }) => names.get(id))).toEqual(['c'])
})

describe('races decided by the constraint, 100 rounds each: never both, never neither', () => {
  async function race(...calls: (() => Promise<unknown>)[]) {
    const results = await Promise.allSettled(calls.map((call) => call()))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    return results
  }

  test('a block against a reservation', async () => {
    const { guest, room } = await guestAndRoom(suite)
    for (let round = 0; round < 100; round++) {
      const results = await race(
        () => block(room, round, round + 1),
        () => suite.gateway.reservations.createReservation({ guest, room, ...dates(round, round + 1) }),
      )
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        expect(result.reason).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room })
      }
    }
    const held = await suite.sql('reservations', 'select 1 from occupancy where room_id = $1', [room])
    expect(held).toHaveLength(100)
  }, 60_000)

  test('a block that is moved against a reservation', async () => {
    const { guest, room } = await guestAndRoom(suite)
    const { id } = await block(room, 0, 1)
    for (let round = 1; round <= 100; round++) {
      const nights = dates(round * 3, round * 3 + 1)
      const results = await race(
        () => suite.gateway.blocks.updateRoomBlock({ id, ...nights }),
        () => suite.gateway.reservations.createReservation({ guest, room, ...nights }),
      )
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        expect(result.reason).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room })
      }
    }
  }, 60_000)

  test('a block against the retirement of the room', async () => {
    for (let round = 0; round < 100; round++) {
      const room = await newRoom()
      const [blocked, retired] = await race(
        () => block(room, 400, 401),
        () => suite.gateway.rooms.deleteRoom({ id: room }),
      )
      if (blocked?.status === 'fulfilled' && retired?.status === 'rejected') {
        const { id } = blocked.value as { id: string }
        expect(retired.reason).toRefuse(Status.FAILED_PRECONDITION, 'ROOM_IN_USE', { blocks: id })
      }
    }
  }, 120_000)
})

test('a block that has ended does not keep a room, one that has not does', async () => {
  const [past, running] = [await newRoom(), await newRoom()]
  await block(past, -5, 0)
  await expect(suite.rooms.deleteRoom({ id: past })).resolves.toMatchObject({ id: past })
  const { id } = await block(running, -5, 1)
  const refused = await suite.rest('DELETE', `/rooms/${running}`)
  expect(refusal(refused)).toEqual([400, 'ROOM_IN_USE'])
  expect(refused.json.details[0].metadata).toEqual({ room: running, blocks: id })
})

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import type { RichClientError } from 'nice-grpc-error-details'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { day, eventually, freshNumber, guestAndRoom } from '../support/hotel.ts'
import { noneWaiting, whileLocked } from '../support/locks.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite({ replicas: 2, hotels: 'every' })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const TEN_MINUTES = 600_000
const reservations = () => suite.stack.services.reservations
const book = (guest: string, room: string, from: number) =>
  suite.gateway.reservations.createReservation({ guest, room, in_date: day(from), out_date: day(from + 1) })

const kinds = {
  room: {
    remove: (id: string) => suite.gateway.rooms.deleteRoom({ id }),
    restore: (id: string) => suite.gateway.rooms.undeleteRoom({ id }),
    read: (id: string) => suite.gateway.rooms.getRoom({ id }),
    change: (id: string) => suite.gateway.rooms.updateRoom({ id, number: freshNumber() }),
    history: (id: string) => suite.gateway.rooms.listRoomHistory({ id }),
    service: 'rooms',
  },
  guest: {
    remove: (id: string) => suite.gateway.guests.deleteGuest({ id }),
    restore: (id: string) => suite.gateway.guests.undeleteGuest({ id }),
    read: (id: string) => suite.gateway.guests.getGuest({ id }),
    change: (id: string) => suite.gateway.guests.updateGuest({ id, first_name: 'Grace' }),
    history: (id: string) => suite.gateway.guests.listGuestHistory({ id }),
    service: 'guests',
  },
} as const

/** Asks for a deletion that can not be decided now; gives until when it is tried. */
async function undecided(remove: () => Promise<unknown>): Promise<Date> {
  const error = await remove().catch((error: unknown) => error)
  expect(error).toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE', { peer: 'reservations' })
  const info = (error as RichClientError).extra.find((detail) => detail.$type === 'google.rpc.ErrorInfo')
  const { metadata } = info as unknown as { metadata: Record<string, string> }
  return new Date(metadata.tried_until ?? '')
}

describe.each(['room', 'guest'] as const)('the deletion of a %s that nobody decides', (kind) => {
  const { remove, restore, read, change, history, service } = kinds[kind]
  const made = async () => {
    const both = await guestAndRoom(suite)
    return { ...both, id: both[kind] }
  }
  const age = (id: string, minutes: number) =>
    suite.sql(service, `update ${kind} set retiring_time = retiring_time - $2 * interval '1 minute' where id = $1`, [
      id,
      minutes,
    ])

  test('says until when it is tried and shows since when; taken back, it is as if nobody had asked', async () => {
    const { id, guest, room } = await made()
    await reservations().kill()
    const until = await undecided(() => remove(id))
    const shown = await read(id)
    expect(shown).toMatchObject({ etag: '"1"', delete_time: undefined, retiring_time: expect.any(Date) })
    expect(until.getTime() - Number(shown.retiring_time)).toBe(TEN_MINUTES)
    await expect(change(id)).rejects.toRefuse(Status.UNAVAILABLE, 'UNAVAILABLE')

    const back = await restore(id)
    expect(back).toMatchObject({ etag: '"2"', delete_time: undefined, retiring_time: undefined })
    expect(await read(id)).toEqual(back)
    await expect(restore(id)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ALREADY_LIVE')
    await change(id)
    await reservations().start()
    await eventually(() => book(guest, room, 1))
    expect(await read(id)).toMatchObject({ etag: '"3"', delete_time: undefined })
  }, 60_000)

  test('is given up after ten minutes and not before, by the system; what was decided meanwhile is lifted', async () => {
    const { id, guest, room } = await made()
    await reservations().kill()
    await undecided(() => remove(id))
    await age(id, 9)
    const { retiring_time } = await read(id)
    await age(id, 1)
    await eventually(async () => expect((await read(id)).retiring_time).toBeUndefined(), 20_000)
    expect(Date.now() - Number(retiring_time)).toBeGreaterThan(9 * 60_000)
    expect(await read(id)).toMatchObject({ etag: '"2"', delete_time: undefined })
    const [last] = (await history(id)).entries
    expect(last).toMatchObject({ actor: 'system', version: 2, fields: [] })
    await reservations().start()
    await eventually(() => book(guest, room, 1))
  }, 60_000)

  test('asked for again, it is tried for ten minutes more', async () => {
    const { id } = await made()
    await reservations().kill()
    const first = await undecided(() => remove(id))
    await age(id, 9)
    const again = await undecided(() => remove(id))
    expect(again.getTime()).toBeGreaterThan(first.getTime())
    expect(again.getTime() - Number((await read(id)).retiring_time)).toBe(TEN_MINUTES)
    await reservations().start()
    await age(id, 1)
    await eventually(async () => expect((await read(id)).delete_time).toBeInstanceOf(Date), 20_000)
  }, 60_000)

  test('and is agreed to just before or after it is taken back, has no effect', async () => {
    const { id, guest, room } = await made()
    const { hotel } = await book(guest, room, -9)
    await whileLocked(suite, 'reservations', () => undecided(() => remove(id)).then(() => undefined))
    await noneWaiting(suite, 'reservations')
    const agree = () =>
      kind === 'room'
        ? suite.retirement.retireRoom({ hotel, room, version: 1n, attempt: 1n })
        : suite.retirement.retireGuest({ hotel, guest, version: 1n, attempt: 1n })
    await agree()
    await restore(id)
    await book(guest, room, 1)
    await Promise.allSettled([agree()])
    await book(guest, room, 2)
    await expect(remove(id)).rejects.toRefuse(
      Status.FAILED_PRECONDITION,
      kind === 'room' ? 'ROOM_IN_USE' : 'GUEST_HAS_RESERVATIONS',
    )
    expect(await read(id)).toMatchObject({ delete_time: undefined, retiring_time: undefined })
  }, 60_000)

  test('and is taken back while it is decided, is refused to its caller with the etag since, and not as an outage', async () => {
    const { id, guest, room } = await made()
    const removals: Promise<unknown>[] = []
    await whileLocked(suite, 'reservations', async () => {
      removals.push(remove(id).catch((error: unknown) => error))
      await eventually(async () => expect((await read(id)).retiring_time).toBeDefined())
      await restore(id)
    })
    expect(await removals[0]).toRefuse(Status.ABORTED, 'ETAG_MISMATCH', { etag: '"2"' })
    await book(guest, room, 1)
  }, 60_000)

  test('or is just being decided, is taken back or undone at the same moment, 20 times: it is live for both services', async () => {
    for (let round = 0; round < 20; round++) {
      const { id, guest, room } = await made()
      const [removed] = await Promise.allSettled([remove(id), eventually<unknown>(() => restore(id))])
      const { delete_time, retiring_time } = await read(id)
      expect([delete_time, retiring_time]).toEqual([undefined, undefined])
      // Deleted before it was restored; or the deletion was taken back, which is no outage for its caller.
      if (removed.status === 'rejected')
        expect(removed.reason).toRefuse(Status.ABORTED, 'ETAG_MISMATCH', { etag: '"2"' })
      await book(guest, room, 1)
    }
  }, 60_000)
})

test('an erasure that nobody decides is not taken back, and is carried out', async () => {
  const { guest } = await guestAndRoom(suite)
  await reservations().kill()
  await expect(suite.gateway.guests.eraseGuest({ id: guest })).rejects.toRefuse(Status.UNAVAILABLE, 'PEER_UNAVAILABLE')
  await expect(kinds.guest.restore(guest)).rejects.toRefuse(Status.FAILED_PRECONDITION, 'GUEST_ERASED')
  await reservations().start()
  await suite.sql('guests', `update erasure set ask_time = ask_time - interval '1 minute' where guest_id = $1`, [guest])
  await eventually(async () => expect((await kinds.guest.read(guest)).erase_time).toBeInstanceOf(Date), 20_000)
}, 60_000)

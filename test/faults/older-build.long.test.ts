import { Reservation_Status } from '@hotel/proto/hotel/reservations/v1/reservations'
import { DRAIN, type Env } from '@hotel/stack/servers/services'
import { perService, type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { type Clients, createClients } from '../harness/clients.ts'
import { hasCommit, type OlderBuild, olderBuild, taggedRelease } from '../harness/older-build.ts'
import { prepareDatabase } from '../harness/prepare-database.ts'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber } from '../support/hotel.ts'
import { contradictions, type Load, startLoad } from '../support/load.ts'
import { type OwnServer, startOwnServer } from './own-server.ts'

// Instances of the last release beside those of this build, on databases that it made and this build migrated: as in
// each update.

/** The last release; another commit by OLDER_BUILD. */
const RELEASE = process.env.OLDER_BUILD ?? (await taggedRelease()) ?? '9c864c3'

const isThere = await hasCommit(RELEASE)
const describeOlder = isThere ? describe : describe.skip
const title = isThere
  ? `instances of ${RELEASE} beside those of this build`
  : `instances of an older build beside those of this one (NOT RUN: git has no commit ${RELEASE} here)`

describeOlder(title, () => {
  let suite: Suite
  let older: OlderBuild
  let server: OwnServer
  let load: Load
  const settings = {} as Record<ServiceName, Env>
  const closing = new AsyncDisposableStack()
  /** Straight to this build, and to the older one. */
  let ours: Clients
  let theirs: Clients

  beforeAll(async () => {
    server = closing.use(await startOwnServer({ settings: {} }))
    older = closing.use(await olderBuild(RELEASE))
    for (const name of serviceNames) await older.prepare(name, server.url)
    const second = (name: ServiceName) => (instance: number, env: Env) => {
      if (instance === 1) settings[name] = env
      return {}
    }
    suite = closing.use(
      await startSuite({
        server: server.url,
        instances: { guests: 2, rooms: 2, reservations: 2 },
        env: perService(second),
      }),
    )
    const clientsOf = (instance: number) => {
      const addresses = perService((name) => suite.stack.addresses[name][instance] ?? '')
      const { clients, close } = createClients(addresses, suite.testerToken)
      closing.defer(async () => close())
      return clients
    }
    ;[ours, theirs] = [clientsOf(0), clientsOf(1)]
    load = await startLoad(suite, 6)
  }, 180_000)
  afterAll(async () => {
    await load?.stop()
    await closing.disposeAsync()
  })

  const goesOn = async () => {
    const since = performance.now()
    await eventually(async () => expect(load.since(since).ok).toBeGreaterThan(50), 60_000)
  }

  test('an instance of each service is replaced by one of the older build, and no call fails', async () => {
    await goesOn()
    for (const name of serviceNames) {
      await suite.stack.services[name].instances[1]?.stop(DRAIN)
      await older.start(name, settings[name])
      await goesOn()
    }
    expect(load.since(0).failed).toEqual({})
  }, 180_000)

  test('the databases are prepared again by this build meanwhile, and no call fails', async () => {
    for (const name of serviceNames) {
      await prepareDatabase(suite, name, server.url)
      await goesOn()
    }
    expect(load.since(0).failed).toEqual({})
  }, 180_000)

  const ways: [string, () => [Clients, Clients]][] = [
    ['this build', () => [ours, theirs]],
    ['the older build', () => [theirs, ours]],
  ]
  test.each(ways)(
    'what %s writes the other one reads, changes and ends',
    async (_name, way) => {
      const [one, other] = way()
      const guest = await one.guests.createGuest({ first_name: 'Ada' })
      const room = await one.rooms.createRoom({ number: freshNumber() })
      const nights = { in_date: day(0), out_date: day(2) }
      const stay = await eventually(() =>
        other.reservations.createReservation({ guest: guest.id, room: room.id, ...nights }),
      )
      expect((await one.reservations.getReservation({ id: stay.id })).etag).toBe(stay.etag)
      const taken = one.reservations.createReservation({ guest: guest.id, room: room.id, ...nights })
      await expect(taken).rejects.toRefuse(Status.FAILED_PRECONDITION, 'ROOM_NOT_AVAILABLE', { room: room.id })
      const changed = await one.reservations.updateReservation({ id: stay.id, note: 'by one', out_date: day(3) })
      expect(await other.reservations.getReservation({ id: stay.id })).toMatchObject({
        note: 'by one',
        etag: changed.etag,
      })
      await other.reservations.updateReservation({ id: stay.id, status: Reservation_Status.CHECKED_IN })
      await one.guests.updateGuest({ id: guest.id, first_name: 'Augusta' })
      for (const clients of [one, other])
        await eventually(async () => {
          const seen = await clients.reservations.getCurrentAndUpcoming({ id: stay.id })
          expect(seen).toMatchObject({ status: Reservation_Status.CHECKED_IN, first_name: 'Augusta' })
        })
      await one.reservations.updateReservation({
        id: stay.id,
        status: Reservation_Status.CHECKED_OUT,
        out_date: day(0),
      })
      const late = { guest: guest.id, room: room.id, in_date: day(20), out_date: day(21) }
      const next = await one.reservations.createReservation(late)
      await other.reservations.deleteReservation({ id: next.id })
      const block = { room: room.id, in_date: day(10), out_date: day(12), reason: 'Painting' }
      const { id } = await one.blocks.createRoomBlock(block)
      await expect(
        other.reservations.createReservation({ guest: guest.id, room: room.id, in_date: day(11), out_date: day(13) }),
      ).rejects.toThrow()
      await other.blocks.deleteRoomBlock({ id })
      await one.guests.deleteGuest({ id: guest.id })
      await other.rooms.deleteRoom({ id: room.id })
    },
    60_000,
  )

  test('both answer the same: lists, free rooms, histories', async () => {
    await load.stop()
    const [id = ''] = load.clients.flatMap(({ notes }) => [...notes.keys()])
    const answers = async ({ guests, rooms, reservations, availability }: Clients) => ({
      guests: (await guests.listGuests({ page_size: 100 })).guests.map(({ id, etag }) => [id, etag]),
      rooms: (await rooms.listRooms({ page_size: 100 })).rooms.map(({ id, etag }) => [id, etag]),
      reservations: (await reservations.listReservations({ page_size: 100 })).reservations.map(({ id, etag }) => [
        id,
        etag,
      ]),
      stays: (await reservations.listCurrentAndUpcoming({ page_size: 100 })).reservations.map((stay) => [
        stay.reservation,
        stay.status,
        stay.first_name,
      ]),
      free: (await availability.listRoomAvailability({ in_date: day(0), out_date: day(9) })).rooms.map(
        ({ room, available, held }) => [room, available, held],
      ),
      history: (await reservations.listReservationHistory({ id })).entries,
    })
    const ofOurs = await answers(ours)
    expect(await answers(theirs)).toEqual(ofOurs)
    for (const list of Object.values(ofOurs)) expect(list.length).toBeGreaterThan(0)
  }, 60_000)

  test('no create ran twice, nothing acknowledged is lost, the view is true, and neither build failed inside', async () => {
    expect(load.since(0).failed).toEqual({})
    expect(await contradictions(suite, load)).toEqual([])
    await demandViewIsTrue(suite)
    const inside = [...suite.lines, ...older.lines].filter((line) => line.includes('"code":"INTERNAL"'))
    expect(inside.slice(0, 2)).toEqual([])
  }, 60_000)
})

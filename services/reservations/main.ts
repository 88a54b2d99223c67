import { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import { AvailabilityServiceDefinition } from '@hotel/proto/hotel/reservations/v1/availability'
import { RoomBlockServiceDefinition } from '@hotel/proto/hotel/reservations/v1/blocks'
import { ReservationServiceDefinition } from '@hotel/proto/hotel/reservations/v1/reservations'
import { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { StatusCheckServiceDefinition } from '@hotel/proto/hotel/reservations/v1/status_check'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import { TransferServiceDefinition } from '@hotel/proto/hotel/transfer/v1/transfer'
import { openIdentity } from '@hotel/runtime/access/identity'
import { feedService } from '@hotel/runtime/changes/feed'
import { demandCaughtUp, followFeed } from '@hotel/runtime/changes/follow'
import { openHeads } from '@hotel/runtime/changes/heads'
import { pruneIdempotencyKeys } from '@hotel/runtime/changes/prune'
import { watcher } from '@hotel/runtime/changes/watch'
import { clockOffset } from '@hotel/runtime/database/clock'
import { openDatabase } from '@hotel/runtime/database/database'
import { reader } from '@hotel/runtime/database/read'
import { pager } from '@hotel/runtime/resource/page'
import { writer } from '@hotel/runtime/resource/write'
import { lookUpsTogether } from '@hotel/runtime/server/look-ups'
import { openPeer, type Peer } from '@hotel/runtime/server/peers'
import { untilToldToStop } from '@hotel/runtime/server/process'
import { demandDatabase } from '@hotel/runtime/server/readiness'
import { serve } from '@hotel/runtime/server/serve'
import { openTelemetry } from '@hotel/runtime/telemetry/telemetry'
import { transferService } from '@hotel/runtime/transfer/transfer'
import type { ErrorDetails } from 'nice-grpc-error-details'
import { availabilityService } from './availability-service.ts'
import { openCaches } from './caches.ts'
import { caughtUp } from './caught-up.ts'
import { config } from './config.ts'
import { creationGroups } from './creation-groups.ts'
import { FEEDS } from './feeds.ts'
import { migrations } from './migrations.ts'
import { readThrough } from './read-through.ts'
import { replicaOf } from './replica-feed.ts'
import { Reservation } from './reservation.ts'
import { reservationService } from './reservation-service.ts'
import { reservationTransfer } from './reservation-transfer.ts'
import { encode, RESOURCES, rebuilder } from './resources.ts'
import { retirementService } from './retirement-service.ts'
import { RoomBlock } from './room-block.ts'
import { roomBlockService } from './room-block-service.ts'
import { roomBlockTransfer } from './room-block-transfer.ts'
import { statusCheckService } from './status-check.ts'
import { sweepLapsedHolds, sweepPastStays } from './sweep.ts'
import { tellUnknownTimeZones } from './time-zones.ts'

await using closing = new AsyncDisposableStack()
const telemetry = await openTelemetry('reservations', config)
closing.defer(() => telemetry.close())
const { log, metrics } = telemetry

const orm = await openDatabase({ url: config.databaseUrl, entities: [Reservation, RoomBlock], telemetry })
closing.defer(() => orm.close())
const exportsFrom = await openDatabase({
  url: config.databaseUrl,
  entities: [Reservation, RoomBlock],
  poolSize: config.exportLimit,
})
closing.defer(() => exportsFrom.close())
const heads = openHeads(config.databaseUrl, log)
closing.defer(() => heads.close())
const identity = openIdentity(config.serviceTokenFile, log)
const guests = openPeer(config.guests, identity, metrics)
closing.defer(() => guests.close())
const rooms = openPeer(config.rooms, identity, metrics)
closing.defer(() => rooms.close())

const offset = clockOffset(config.clockFile)
const rebuild = rebuilder(orm)
const reservationWriter = writer({
  orm,
  heads,
  rebuild,
  resources: RESOURCES,
  clockOffset: offset,
  metrics,
})
const follow = (name: keyof typeof FEEDS, peer: Peer) => {
  const replica = replicaOf(FEEDS[name], orm, reservationWriter)
  return followFeed({ name, peer, replica, ownEpoch: heads.epoch, telemetry })
}
const followers = { guests: follow('guests', guests), rooms: follow('rooms', rooms) }
for (const follower of Object.values(followers)) closing.defer(() => follower.close())
closing.defer(pruneIdempotencyKeys(orm, log))
closing.defer(tellUnknownTimeZones(orm, log))
closing.defer(sweepPastStays(orm, reservationWriter, log))
closing.defer(sweepLapsedHolds(orm, reservationWriter, offset, config.holdSweepSeconds, log))
const caches = openCaches(config, log, metrics)
closing.defer(() => caches.close())
const feeds = { guests: guests.client(FeedServiceDefinition), rooms: rooms.client(FeedServiceDefinition) }
const peers = readThrough(orm, reservationWriter, {
  feeds,
  guests: guests.client(GuestServiceDefinition),
  rooms: rooms.client(RoomServiceDefinition),
  locations: rooms.client(LocationServiceDefinition),
  roomTypes: rooms.client(RoomTypeServiceDefinition),
  hotels: rooms.client(HotelServiceDefinition),
})
const groups = creationGroups({
  orm,
  clockOffset: offset,
  heads,
  metrics,
  writer: reservationWriter,
  mostHotels: config.createGroupHotels,
})
const deps = {
  orm,
  read: reader(orm),
  groups,
  log,
  writer: reservationWriter,
  page: pager(config.pageTokenKey),
  clockOffset: offset,
  stayPages: caches.stayPages,
  lookUps: lookUpsTogether<ErrorDetails[]>(),
  peers,
  watch: watcher({ ...config, orm, heads, rebuild, log, clockOffset: offset, demandHotel: peers.demandHotel }),
}
const transferDeps = {
  orm,
  exportsFrom,
  clockOffset: offset,
  writer: reservationWriter,
  peers,
  caughtUp: caughtUp(orm, {
    guests: { client: feeds.guests, isSetAside: followers.guests.isSetAside },
    rooms: { client: feeds.rooms, isSetAside: followers.rooms.isSetAside },
  }),
}

const served = await serve({
  ...config,
  telemetry,
  async ready() {
    await demandDatabase(heads, migrations)
    return demandCaughtUp(followers)
  },
  add(server) {
    const reservations = reservationService(deps)
    server.add(ReservationServiceDefinition, reservations)
    server.add(StatusCheckServiceDefinition, statusCheckService(reservations))
    server.add(AvailabilityServiceDefinition, availabilityService(deps))
    server.add(RoomBlockServiceDefinition, roomBlockService(deps))
    server.add(RetirementServiceDefinition, retirementService(reservationWriter, deps.peers, caches))
    server.add(
      TransferServiceDefinition,
      transferService(
        {
          reservations: reservationTransfer(transferDeps),
          room_blocks: roomBlockTransfer(transferDeps),
        },
        { ...config, log },
      ),
    )
    server.add(FeedServiceDefinition, feedService({ orm, heads, rebuild, encode, resources: RESOURCES }))
  },
})
await served.stop(await untilToldToStop())

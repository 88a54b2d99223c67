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
import { demandCaughtUp, followFeed } from '@hotel/runtime/changes/follow'
import { reader } from '@hotel/runtime/database/read'
import { lookUpsTogether } from '@hotel/runtime/peers/look-ups'
import type { Service as OpenService, ServedParts } from '@hotel/runtime/server/open-service'
import type { ErrorDetails } from 'nice-grpc-error-details'
import { availabilityService } from './availability/availability-service.ts'
import { roomBlockService } from './blocks/room-block-service.ts'
import { openCaches } from './cache/caches.ts'
import type { config } from './config.ts'
import { creationGroups } from './creation/creation-groups.ts'
import { sweepLapsedHolds, sweepPastStays } from './current-and-upcoming/sweep.ts'
import { retirementService } from './deletion/retirement-service.ts'
import { reportUnknownTimeZones } from './nights/time-zones.ts'
import { FEEDS } from './replicas/feeds.ts'
import { readThrough } from './replicas/read-through.ts'
import { replicaOf } from './replicas/replica-feed.ts'
import { caughtUp } from './replicas/wait-for-replicas.ts'
import { reservationService } from './reservation/reservation-service.ts'
import { statusCheckService } from './reservation/status-check.ts'
import { reservationTransfer } from './transfer/reservation-transfer.ts'
import { roomBlockTransfer } from './transfer/room-block-transfer.ts'

type Service = OpenService<'guests' | 'rooms'>

/** The gRPC services of the reservations service; `closing` ends the work that they begin. */
export function reservationServices(
  closing: AsyncDisposableStack,
  settings: typeof config,
  service: Service,
): ServedParts {
  const { telemetry, orm, read, exportsFrom, heads, clockOffset, writer, page } = service
  const { log, metrics } = telemetry
  const followers = followPeers(closing, service)
  closing.defer(reportUnknownTimeZones(orm, log))
  closing.defer(sweepPastStays(orm, writer, log))
  closing.defer(sweepLapsedHolds({ orm, writer, heads, clockOffset }, settings.holdSweepSeconds, log))
  const caches = openCaches(settings, log, metrics)
  closing.defer(() => caches.close())
  const feeds = feedsOf(service)
  const peers = readThrough(orm, writer, { feeds, ...clientsOf(service) })
  const mostHotels = settings.createGroupHotels
  const deps = {
    orm,
    read,
    groups: creationGroups({ read: reader(orm), clockOffset, heads, metrics, writer, mostHotels }),
    log,
    writer,
    page,
    clockOffset,
    stayPages: caches.stayPages,
    lookUps: lookUpsTogether<ErrorDetails[]>(),
    peers,
    watch: service.watch(peers.demandHotel),
  }
  const transferDeps = {
    orm,
    exportsFrom,
    clockOffset,
    writer,
    peers,
    caughtUp: caughtUp(orm, {
      guests: { client: feeds.guests, isSetAside: followers.guests.isSetAside },
      rooms: { client: feeds.rooms, isSetAside: followers.rooms.isSetAside },
    }),
  }
  return {
    ready: () => demandCaughtUp(followers),
    add(server) {
      const reservations = reservationService(deps)
      server.add(ReservationServiceDefinition, reservations)
      server.add(StatusCheckServiceDefinition, statusCheckService(reservations))
      server.add(AvailabilityServiceDefinition, availabilityService(deps))
      server.add(RoomBlockServiceDefinition, roomBlockService(deps))
      server.add(RetirementServiceDefinition, retirementService(writer, peers, caches))
    },
    transfers: { reservations: reservationTransfer(transferDeps), room_blocks: roomBlockTransfer(transferDeps) },
  }
}

/** Follows the feeds of the guests and rooms into replicas. */
function followPeers(closing: AsyncDisposableStack, { telemetry, orm, heads, peers, writer }: Service) {
  const follow = (name: keyof typeof FEEDS) =>
    followFeed({
      name,
      peer: peers[name],
      replica: replicaOf(FEEDS[name], orm, writer),
      ownEpoch: heads.epoch,
      telemetry,
    })
  const followers = { guests: follow('guests'), rooms: follow('rooms') }
  for (const follower of Object.values(followers)) closing.defer(() => follower.close())
  return followers
}

function feedsOf({ peers: { guests, rooms } }: Service) {
  return { guests: guests.client(FeedServiceDefinition), rooms: rooms.client(FeedServiceDefinition) }
}

/** The services that are asked for resources that the replicas do not have yet. */
function clientsOf({ peers: { guests, rooms } }: Service) {
  return {
    guests: guests.client(GuestServiceDefinition),
    rooms: rooms.client(RoomServiceDefinition),
    locations: rooms.client(LocationServiceDefinition),
    roomTypes: rooms.client(RoomTypeServiceDefinition),
    hotels: rooms.client(HotelServiceDefinition),
  }
}

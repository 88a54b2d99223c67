import { type Client, type CompatServiceDefinition, createChannel, createClientFactory } from 'nice-grpc'
import { GuestServiceDefinition, type WatchGuestsResponse } from './gen/hotel/guests/v1/guests.ts'
import { AvailabilityServiceDefinition } from './gen/hotel/reservations/v1/availability.ts'
import { RoomBlockServiceDefinition, type WatchRoomBlocksResponse } from './gen/hotel/reservations/v1/blocks.ts'
import {
  ReservationServiceDefinition,
  type WatchReservationsResponse,
} from './gen/hotel/reservations/v1/reservations.ts'
import { EmployeeServiceDefinition, type WatchEmployeesResponse } from './gen/hotel/rooms/v1/employees.ts'
import { HotelServiceDefinition, type WatchHotelsResponse } from './gen/hotel/rooms/v1/hotels.ts'
import { LocationServiceDefinition, type WatchLocationsResponse } from './gen/hotel/rooms/v1/locations.ts'
import { RoomTypeServiceDefinition, type WatchRoomTypesResponse } from './gen/hotel/rooms/v1/room_types.ts'
import { RoomServiceDefinition, type WatchRoomsResponse } from './gen/hotel/rooms/v1/rooms.ts'
import { calling } from './grpc.ts'
import { type RepeatOptions, repeatDefaults } from './repeat.ts'
import { type RestClient, restClient } from './rest.ts'
import { keepToken, type TokenSource } from './token.ts'
import { type WatchAnswer, type Watching, type WatchOptions, watching } from './watch.ts'

/** How the suite is reached. */
export type HotelClientOptions = Partial<RepeatOptions> & {
  /** The gateway's address, as https://hotel.example. */
  readonly url: string
  readonly token: TokenSource
}

/** The answers of watches, by what is watched. */
export type Watched = {
  readonly guests: WatchGuestsResponse
  readonly hotels: WatchHotelsResponse
  readonly locations: WatchLocationsResponse
  readonly room_types: WatchRoomTypesResponse
  readonly rooms: WatchRoomsResponse
  readonly employees: WatchEmployeesResponse
  readonly reservations: WatchReservationsResponse
  readonly room_blocks: WatchRoomBlocksResponse
}

/** A client of each service over gRPC, and of all paths over REST, at one address and with one token. */
export type HotelClient = {
  readonly guests: Client<typeof GuestServiceDefinition>
  readonly hotels: Client<typeof HotelServiceDefinition>
  readonly locations: Client<typeof LocationServiceDefinition>
  readonly roomTypes: Client<typeof RoomTypeServiceDefinition>
  readonly rooms: Client<typeof RoomServiceDefinition>
  readonly employees: Client<typeof EmployeeServiceDefinition>
  readonly reservations: Client<typeof ReservationServiceDefinition>
  readonly blocks: Client<typeof RoomBlockServiceDefinition>
  readonly availability: Client<typeof AvailabilityServiceDefinition>
  readonly rest: RestClient
  /** Streams the changes of a hotel; see watching(). */
  watch<Resource extends keyof Watched>(
    resource: Resource,
    options: WatchOptions,
  ): AsyncGenerator<Watched[Resource], void, undefined>
  /** Closes the connection of gRPC. */
  close(): void
}

/** Makes the clients; nothing is sent yet. */
export function createHotelClient({ url, token, ...given }: HotelClientOptions): HotelClient {
  const options = { ...repeatDefaults, ...given }
  const tokens = keepToken(token)
  const channel = createChannel(url.replace(/\/$/, ''), undefined, {
    // Less than what the attempts of a call wait together: once the gateway is back, so is the connection.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 1_000,
  })
  const factory = createClientFactory().use(calling(tokens, options))
  const of = <Service extends CompatServiceDefinition>(service: Service) => factory.create(service, channel)
  const services = {
    guests: of(GuestServiceDefinition),
    hotels: of(HotelServiceDefinition),
    locations: of(LocationServiceDefinition),
    roomTypes: of(RoomTypeServiceDefinition),
    rooms: of(RoomServiceDefinition),
    employees: of(EmployeeServiceDefinition),
    reservations: of(ReservationServiceDefinition),
    blocks: of(RoomBlockServiceDefinition),
    availability: of(AvailabilityServiceDefinition),
  }
  const watches: { readonly [Resource in keyof Watched]: Watching<Watched[Resource]> } = {
    guests: services.guests.watchGuests,
    hotels: services.hotels.watchHotels,
    locations: services.locations.watchLocations,
    room_types: services.roomTypes.watchRoomTypes,
    rooms: services.rooms.watchRooms,
    employees: services.employees.watchEmployees,
    reservations: services.reservations.watchReservations,
    room_blocks: services.blocks.watchRoomBlocks,
  }
  return {
    ...services,
    rest: restClient(url, tokens, options),
    // The resource's own answer, though the compiler sees that of any.
    watch: (resource, watched) => watching(watches[resource] as Watching<WatchAnswer & never>, watched),
    close: () => channel.close(),
  }
}

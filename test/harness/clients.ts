import { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import { AvailabilityServiceDefinition } from '@hotel/proto/hotel/reservations/v1/availability'
import { RoomBlockServiceDefinition } from '@hotel/proto/hotel/reservations/v1/blocks'
import { ReservationServiceDefinition } from '@hotel/proto/hotel/reservations/v1/reservations'
import { RetirementServiceDefinition } from '@hotel/proto/hotel/reservations/v1/retirement'
import { EmployeeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/employees'
import { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { PerService } from '@hotel/stack/service-names'
import {
  type Channel,
  type Client,
  type ClientMiddleware,
  type CompatServiceDefinition,
  createChannel,
  createClientFactory,
  Metadata,
} from 'nice-grpc'
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline'
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details'

type SuiteClient<Service extends CompatServiceDefinition> = Client<Service, DeadlineOptions>

/** A client of each service of the API; refusals arrive as RichClientError. */
export type Clients = {
  readonly guests: SuiteClient<typeof GuestServiceDefinition>
  readonly hotels: SuiteClient<typeof HotelServiceDefinition>
  readonly locations: SuiteClient<typeof LocationServiceDefinition>
  readonly roomTypes: SuiteClient<typeof RoomTypeServiceDefinition>
  readonly rooms: SuiteClient<typeof RoomServiceDefinition>
  readonly employees: SuiteClient<typeof EmployeeServiceDefinition>
  readonly reservations: SuiteClient<typeof ReservationServiceDefinition>
  readonly blocks: SuiteClient<typeof RoomBlockServiceDefinition>
  readonly availability: SuiteClient<typeof AvailabilityServiceDefinition>
  /** Of the reservations service, for the other two only. */
  readonly retirement: SuiteClient<typeof RetirementServiceDefinition>
}

/** Clients over one channel for each address, with a token if there is one; `close` ends them. */
export function createClients(addresses: PerService<string>, token?: string): { clients: Clients; close: () => void } {
  const channels = new Map<string, Channel>()
  const to = (address: string) => {
    const channel = channels.get(address) ?? createChannel(address, undefined, quickReconnect)
    channels.set(address, channel)
    return channel
  }
  const factory = createClientFactory().use(bearing(token)).use(errorDetailsClientMiddleware).use(deadlineMiddleware)
  return {
    clients: {
      guests: factory.create(GuestServiceDefinition, to(addresses.guests)),
      hotels: factory.create(HotelServiceDefinition, to(addresses.rooms)),
      locations: factory.create(LocationServiceDefinition, to(addresses.rooms)),
      roomTypes: factory.create(RoomTypeServiceDefinition, to(addresses.rooms)),
      rooms: factory.create(RoomServiceDefinition, to(addresses.rooms)),
      employees: factory.create(EmployeeServiceDefinition, to(addresses.rooms)),
      reservations: factory.create(ReservationServiceDefinition, to(addresses.reservations)),
      blocks: factory.create(RoomBlockServiceDefinition, to(addresses.reservations)),
      availability: factory.create(AvailabilityServiceDefinition, to(addresses.reservations)),
      retirement: factory.create(RetirementServiceDefinition, to(addresses.reservations)),
    },
    close() {
      for (const channel of channels.values()) channel.close()
    },
  }
}

/** Sends the token, unless a call has an authorization of its own. */
function bearing(token: string | undefined): ClientMiddleware {
  return async function* (call, options) {
    const metadata = Metadata(options.metadata)
    if (token !== undefined && !metadata.has('authorization')) metadata.set('authorization', `Bearer ${token}`)
    return yield* call.next(call.request, { ...options, metadata })
  }
}

/**
 * A service that was killed and started again is reached soon. The first time is also how long a connection may take to
 * be made, so it is not made shorter: a busy machine needs it.
 */
const quickReconnect = {
  'grpc.initial_reconnect_backoff_ms': 500,
  'grpc.max_reconnect_backoff_ms': 500,
}

import type { FeedServiceDefinition } from '@hotel/proto/hotel/feed/v1/feed'
import type { GuestServiceDefinition } from '@hotel/proto/hotel/guests/v1/guests'
import type { HotelServiceDefinition } from '@hotel/proto/hotel/rooms/v1/hotels'
import type { LocationServiceDefinition } from '@hotel/proto/hotel/rooms/v1/locations'
import type { RoomTypeServiceDefinition } from '@hotel/proto/hotel/rooms/v1/room_types'
import type { RoomServiceDefinition } from '@hotel/proto/hotel/rooms/v1/rooms'
import type { Client } from 'nice-grpc'

export type Peers = {
  feeds: Readonly<Record<'guests' | 'rooms', Client<FeedServiceDefinition>>>
  guests: Client<GuestServiceDefinition>
  rooms: Client<RoomServiceDefinition>
  locations: Client<LocationServiceDefinition>
  roomTypes: Client<RoomTypeServiceDefinition>
  hotels: Client<HotelServiceDefinition>
}

import { Guest as GuestMessage } from '@hotel/proto/hotel/guests/v1/guests'
import { feedMessage } from '@hotel/runtime/changes/feed-messages'
import { Guest } from './guest/guest.ts'

/** The resources of this service, by their tables. */
export const resources = { guest: feedMessage('hotel.guests.v1.Guest', Guest, GuestMessage) }

import type { Resource } from '../api/names.ts'

/** A reservation of the API, as far as the desk looks into it. */
export type Reservation = Resource & {
  readonly in_date: string
  readonly out_date: string
  readonly status: 'PENDING' | 'CHECKED_IN' | 'CHECKED_OUT'
  readonly guest: string
  readonly rooms: readonly string[]
  readonly hotel: string
  readonly location: string
  readonly note?: string
  readonly delete_time?: string
  readonly hold_until?: string
  readonly confirmation_code?: string
  readonly checkin_datetime?: string
  readonly checkout_datetime?: string
}

export type Block = Resource & {
  readonly room: string
  readonly in_date: string
  readonly out_date: string
  readonly reason?: string
  readonly location: string
  readonly delete_time?: string
}

export type Room = Resource & {
  readonly number: string
  readonly room_type?: string
  readonly location: string
  readonly delete_time?: string
}

/** A row of one of the lists of today. */
export type Stay = {
  readonly reservation: string
  readonly first_name?: string
  readonly last_name?: string
  readonly in_date: string
  readonly out_date: string
  readonly room_numbers: readonly string[]
  readonly rooms: readonly string[]
  readonly status: Reservation['status']
  readonly guest: string
  readonly hold_until?: string
  readonly overstay: boolean
}

/** What fills some nights of a room in the chart. */
export type Bar = {
  /** Of the bar: a reservation of several rooms has several. */
  readonly key: string
  readonly room: string
  readonly in_date: string
  readonly out_date: string
} & (
  | { readonly kind: 'stay'; readonly reservation: Reservation }
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'retired' }
)

/** The number in an etag: the higher is the newer. */
export function versionOf({ etag }: { readonly etag: string }): number {
  return Number(etag.replaceAll('"', ''))
}

/** Whether it holds its rooms: neither cancelled nor lapsed. */
export function isLive(reservation: Reservation, now = Date.now()): boolean {
  return (
    reservation.delete_time === undefined &&
    (reservation.hold_until === undefined || Date.parse(reservation.hold_until) > now)
  )
}

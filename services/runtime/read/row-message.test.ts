import { Guest } from '@hotel/proto/hotel/guests/v1/guests'
import {
  Cancellation_Cause as CauseCode,
  ListReservationsResponse,
  Reservation,
  Reservation_Status as StatusCode,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { RoomType } from '@hotel/proto/hotel/rooms/v1/room_types'
import { describe, expect, test } from '@jest/globals'
import { choice, etag, first, moment, rowMessage, text, texts, whole } from './row-message.ts'

const guestRow = rowMessage(Guest, {
  id: text('id'),
  hotel: text('hotel_id'),
  first_name: text('first_name'),
  last_name: text('last_name'),
  email: text('email'),
  phone: text('phone'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  erase_time: moment('erase_time'),
  etag,
  retiring_time: moment('retiring_time'),
})
const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const TIME = '2026-02-28 23:59:59.5+00'

/** The row of a guest with these columns. */
function guest(given: Record<string, string | null>) {
  const row = { id: ID, hotel_id: ID, first_name: 'Ada', create_time: TIME, update_time: TIME, version: '7', ...given }
  return guestRow.columns.map((column) => (row as Record<string, string | null>)[column] ?? null)
}

describe('a row becomes what the generated code encodes', () => {
  const time = new Date('2026-02-28T23:59:59.500Z')
  const bare = { id: ID, hotel: ID, first_name: 'Ada', create_time: time, update_time: time, etag: '"7"' }
  const cases: [what: string, columns: Record<string, string | null>, message: Partial<Guest>][] = [
    ['of what must be there only', {}, {}],
    ['with an empty text that may be absent', { last_name: '' }, { last_name: '' }],
    ['with letters of two, three and four bytes', { last_name: 'Ünïcode 東京 🏨' }, { last_name: 'Ünïcode 東京 🏨' }],
    ['with a text of 127 letters', { email: 'e'.repeat(127) }, { email: 'e'.repeat(127) }],
    ['with a text of 128 letters', { email: 'e'.repeat(128) }, { email: 'e'.repeat(128) }],
    ['with a text longer than the buffer', { email: 'é'.repeat(200_000) }, { email: 'é'.repeat(200_000) }],
    ['with a text longer than what is kept', { email: 'e'.repeat(3_000_000) }, { email: 'e'.repeat(3_000_000) }],
    [
      'of a time without a fraction',
      { delete_time: '1999-12-31 00:00:00+00' },
      { delete_time: new Date('1999-12-31') },
    ],
    ['of the epoch', { delete_time: '1970-01-01 00:00:00+00' }, { delete_time: new Date(0) }],
    [
      'of microseconds, which are left out',
      { delete_time: '2026-01-02 03:04:05.678999+00' },
      { delete_time: new Date('2026-01-02T03:04:05.678Z') },
    ],
    [
      'of a far time',
      { delete_time: '9999-12-31 23:59:59.999+00' },
      { delete_time: new Date('9999-12-31T23:59:59.999Z') },
    ],
  ]
  test.each(cases)('%s', (_, columns, message) => {
    const bytes = guestRow.encode(guest(columns))
    expect(Buffer.from(bytes).equals(Guest.encode(Guest.fromPartial({ ...bare, ...message })).finish())).toBe(true)
  })

  // The generated code cuts these off towards 1970, which the decoder takes for the same.
  const decoded: [time: string, date: string][] = [
    ['1969-12-31 23:59:59.25+00', '1969-12-31T23:59:59.250Z'],
    ['1900-01-01 00:00:00+00', '1900-01-01T00:00:00Z'],
    ['0099-03-01 12:00:00+00', '0099-03-01T12:00:00Z'],
    ['0044-03-15 12:00:00+00 BC', '-000043-03-15T12:00:00Z'],
    ['12026-01-01 00:00:00.123456+00', '+012026-01-01T00:00:00.123Z'],
    ['2026-07-01 02:00:00.5+02', '2026-07-01T00:00:00.500Z'],
    ['2026-06-30 20:30:00-03:30', '2026-07-01T00:00:00Z'],
    ['1890-01-01 00:34:08+00:34:08', '1890-01-01T00:00:00Z'],
  ]
  test.each(decoded)('at %s', (time, date) => {
    expect(Guest.decode(guestRow.encode(guest({ delete_time: time }))).delete_time).toEqual(new Date(date))
  })

  test('but not of a time in another style', () => {
    expect(() => guestRow.encode(guest({ delete_time: '28/02/2026 23:59:59.5 UTC' }))).toThrow('ISO')
  })
})

const reservationRow = rowMessage(Reservation, {
  id: text('id'),
  in_date: text('in_date'),
  out_date: text('out_date'),
  status: choice('status', StatusCode),
  guest: text('guest_id'),
  rooms: texts('rooms'),
  room: first('rooms'),
  note: text('note'),
  hotel: text('hotel_id'),
  location: text('location_id'),
  checkin_datetime: moment('checkin_datetime'),
  checkout_datetime: moment('checkout_datetime'),
  create_time: moment('create_time'),
  update_time: moment('update_time'),
  delete_time: moment('delete_time'),
  etag,
  reason: text('reason'),
  hold_until: moment('hold_until'),
  confirmation_code: text('confirmation_code'),
  external_id: text('external_id'),
  source: text('source'),
  cause: choice('cause', CauseCode),
})

describe('a list', () => {
  const row = (columns: Record<string, string>) => reservationRow.columns.map((column) => columns[column] ?? null)
  const encodePage = reservationRow.encodePage(ListReservationsResponse, 'reservations')

  test.each([
    ['{}', []],
    ['{a}', ['a']],
    ['{a,b}', ['a', 'b']],
    ['{"1,2",b,"{",""}', ['1,2', 'b', '{', '']],
    ['{"say \\"NULL\\"","back\\\\slash",ü}', ['say "NULL"', 'back\\slash', 'ü']],
  ])('has arrays as %s', (array, rooms) => {
    const bytes = encodePage([row({ rooms: array, status: 'CHECKED_IN' })], '')
    expect(ListReservationsResponse.decode(bytes).reservations).toEqual([
      Reservation.fromPartial({ rooms, room: rooms[0] ?? '', status: StatusCode.CHECKED_IN }),
    ])
  })

  test.each([0, 1, 2, 127, 128, 16_383, 16_384, 70_000, 2_097_153])(
    'has rows of a note of %d letters, each with its length, and its token',
    (length) => {
      const notes = ['x'.repeat(length), 'between', 'y'.repeat(length)]
      const bytes = encodePage(
        notes.map((note) => row({ note })),
        'the next',
      )
      const expected = {
        reservations: notes.map((note) => Reservation.fromPartial({ note })),
        next_page_token: 'the next',
      }
      expect(Buffer.from(bytes).equals(ListReservationsResponse.encode(expected).finish())).toBe(true)
    },
  )

  test('may have nothing', () => {
    expect(ListReservationsResponse.decode(encodePage([], ''))).toEqual({ reservations: [], next_page_token: '' })
  })
})

test('numbers are numbers', () => {
  const typeRow = rowMessage(RoomType, {
    id: text('id'),
    hotel: text('hotel_id'),
    name: text('name'),
    description: text('description'),
    max_guests: whole('max_guests'),
    create_time: moment('create_time'),
    update_time: moment('update_time'),
    delete_time: moment('delete_time'),
    etag,
  })
  const row = typeRow.columns.map((column) => (column === 'max_guests' ? '100' : null))
  expect(RoomType.decode(typeRow.encode(row))).toEqual(RoomType.fromPartial({ max_guests: 100 }))
})

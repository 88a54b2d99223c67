import type { JsonObject } from '@bufbuild/protobuf'
import type { Suite } from '../harness/test-suite.ts'
import { byId, type Dearest, dear, long, PAGE } from './dear.ts'
import { type LargeHotel, SHARED } from './large-hotel.ts'

/** Of the guests service. */
export function dearGuests(suite: Suite, { hotel, guest }: LargeHotel): Dearest {
  const made = () => suite.guests.createGuest({ hotel, first_name: 'Ada' })
  const whole = {
    hotel,
    first_name: long(255),
    last_name: long(255),
    email: `${'a'.repeat(60)}@example.org`,
    phone: '+41446681800',
  }
  const query = (query: string, more: JsonObject = {}) => dear(`query=${query}`, { ...PAGE, hotel, query, ...more })
  const words = (length: number) =>
    SHARED.match(new RegExp(`.{${length}}`, 'g'))
      ?.slice(0, 4)
      .join(' ')
  return {
    'GuestService/CreateGuest': [dear('whole', whole)],
    'GuestService/GetGuest': [dear('one', { id: guest(1) })],
    'GuestService/ListGuests': [
      dear('all', { ...PAGE, show_deleted: true }),
      // What everybody has, and nobody: the lists of the index are long, and the page is empty.
      query(`${words(64)} zq`),
      query(`${words(30)} zq`),
      query(`${words(8)} zq`),
      query(`${words(8)} zqx`),
      dear('six words', { query: `${words(8)} zq zq` }, { refused: 'INVALID_FIELD' }),
      dear('a word of 65 letters', { query: 'a'.repeat(65) }, { refused: 'INVALID_FIELD' }),
      query('zq'),
      query('a'),
      query('an be co da el'),
    ],
    'GuestService/UpdateGuest': [
      dear('with many stays', (_, n) => ({ id: guest(1), first_name: `Ada ${n}`, last_name: long(255) })),
    ],
    'GuestService/ReplaceGuest': [
      dear('with many stays', (_, n) => ({ id: guest(1), ...whole, first_name: `Ada ${n}` })),
    ],
    'GuestService/DeleteGuest': [
      byId(made),
      dear('with many stays', { id: guest(1) }, { refused: 'GUEST_HAS_RESERVATIONS' }),
    ],
    'GuestService/UndeleteGuest': [byId(async () => suite.guests.deleteGuest({ id: (await made()).id }))],
    'GuestService/EraseGuest': [byId(made)],
    'GuestService/ListGuestHistory': [dear('a page', { ...PAGE, id: guest(2) })],
    'GuestService/WatchGuests': [dear('from the beginning', { hotel })],
  }
}

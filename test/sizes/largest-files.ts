import { randomUUIDv7 } from 'node:crypto'
import { day } from '../support/hotel.ts'
import { lines } from '../transfer/transfer-runs.ts'

/** Rows of each kind: more than the largest page has. */
export const COUNT = 520

/** Ids of some of the rows. */
export type LargestFiles = {
  readonly files: Readonly<Record<string, string>>
  readonly ids: { readonly guest: string; readonly room: string; readonly reservation: string }
}

/**
 * Files of every kind with the largest rows that are legal: most of them of letters of four bytes, some of a sign of which
 * the gateway's JSON makes six bytes.
 */
export function largestFiles(): LargestFiles {
  const rooms = ids()
  const guests = ids()
  const reservations = ids()
  const file = (header: string, line: (index: number) => string[], more: readonly string[] = []) =>
    lines(header, ...Array.from({ length: COUNT }, (_, index) => line(index).join()), ...more)
  return {
    ids: { guest: guests[0] as string, room: rooms[0] as string, reservation: reservations[0] as string },
    files: {
      'hotels.csv': lines('name', text(255, 0), text(255, COUNT - 1)),
      'locations.csv': file('name,address,city,country_code,time_zone', (index) => [
        ...[text(255, index), text(255, index), text(255, index), 'CH'],
        'America/Argentina/ComodRivadavia',
      ]),
      'room_types.csv': file('name,description', (index) => [text(255, index), text(2000, index)], ['Plain,']),
      'rooms.csv': file('id,number,room_type', (index) => [rooms[index] as string, text(255, index), 'plain']),
      'employees.csv': file('first_name,last_name,email,role', (index) => [
        ...[text(255, index), text(255, index), address(index), 'FRONT_DESK'],
      ]),
      'guests.csv': file('id,first_name,last_name,email,phone', (index) => [
        ...[guests[index] as string, text(255, index), text(255, index), address(index), "'+41446681800"],
      ]),
      'reservations.csv': file(
        'id,guest,rooms,in_date,out_date,note,reason,delete_time',
        (index) => [
          ...[reservations[index] as string, guests[index] as string, rooms.slice(0, 100).join(';')],
          ...[day(index), day(index + 1), text(2000, index), text(2000, index), `${day(-1)}T12:00:00Z`],
        ],
        [
          // Stays of today in a room each, and of the next days in a hundred.
          ...rooms.map((room, index) => [randomUUIDv7(), guests[index], room, day(), day(1), '', '', ''].join()),
          ...[0, 100, 200, 300, 400].flatMap((from) =>
            [1, 2].map((on) => {
              const hundred = rooms.slice(from, from + 100).join(';')
              return [randomUUIDv7(), guests[from], hundred, day(on), day(on + 1), '', '', ''].join()
            }),
          ),
        ],
      ),
      'room_blocks.csv': file('room,in_date,out_date,reason', (index) => [
        ...[rooms[index] as string, day(400), day(401), text(2000, index)],
      ]),
    },
  }
}

function ids(): string[] {
  return Array.from({ length: COUNT }, () => randomUUIDv7())
}

/** A text of so many characters, another for each index. */
function text(length: number, index: number): string {
  return String(index).padStart(4, '0') + (index < COUNT - 100 ? '\u{1f3e8}' : '<').repeat(length - 4)
}

/** An e-mail address of 254 characters. */
function address(index: number): string {
  const label = '\u{20000}'.repeat(60)
  const own = `${String(index).padStart(4, '0')}${label}@${label}.${label}.${label}.`
  return own + '\u{20000}'.repeat(254 - [...own].length)
}

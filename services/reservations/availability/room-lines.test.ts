import {
  HeldNights_Holder as Holder,
  ListRoomAvailabilityResponse,
} from '@hotel/proto/hotel/reservations/v1/availability'
import { expect, test } from '@jest/globals'
import { encodeRooms, roomsOf } from './room-lines.ts'

const id = (digit: string) => digit.repeat(36)
const [A, B, C, D, E, F] = ['a', 'b', 'c', 'd', 'e', 'f'].map(id) as [string, string, string, string, string, string]

/** The page of these lines, as the generated code reads it. */
function page(first: string, lines: readonly string[]) {
  const rooms = lines.map((line) => [line, '0011']).map(roomsOf(first))
  const bytes = encodeRooms(
    rooms.map((room) => room.bytes),
    'next',
  )
  const answer = ListRoomAvailabilityResponse.decode(bytes)
  expect(Buffer.from(bytes)).toEqual(Buffer.from(ListRoomAvailabilityResponse.encode(answer).finish()))
  return { answer: answer.rooms, rooms }
}

test('a line says what the one before does not, time after time', () => {
  for (let time = 0; time < 2; time++) {
    const { answer, rooms } = page('2026-12-30', [
      `${A}\t${D}\t${E}${F}\t12 é`,
      `${B}0 1,1 4 BLOCK\t\t\t1\t2`,
      `${C}2 3 RETIRED\t-\t${F}${E}\t7`,
      `${A}\t\t\t9`,
    ])
    const held = (in_date: string, out_date: string, by: Holder) => ({ in_date, out_date, by })
    expect(answer).toEqual([
      { room: A, number: '12 é', room_type: D, location: E, hotel: F, available: true, held: [] },
      {
        ...{ room: B, number: '1\t2', room_type: D, location: E, hotel: F, available: false },
        held: [held('2026-12-30', '2026-12-31', Holder.RESERVATION), held('2026-12-31', '2027-01-03', Holder.BLOCK)],
      },
      {
        ...{ room: C, number: '7', room_type: undefined, location: F, hotel: E, available: false },
        held: [held('2027-01-01', '2027-01-02', Holder.RETIRED)],
      },
      { room: A, number: '9', room_type: undefined, location: F, hotel: E, available: true, held: [] },
    ])
    expect(rooms.map(({ id, location }) => [id, location])).toEqual([
      [A, E],
      [B, E],
      [C, F],
      [A, F],
    ])
  }
})

test('rooms are measured by their texts in full', () => {
  const { rooms } = page('2026-12-30', [`${A}\t-\t${E}${F}\t12`, `${B}0 1,1 4 BLOCK\t${D}\t\t3`])
  const full = [
    [A, E, F, '', '12'].join('\t'),
    '0011',
    [B, E, F, D, '3'].join('\t'),
    '0011',
    '2026-12-30 2026-12-31 RESERVATION,2026-12-31 2027-01-03 BLOCK',
  ].map((text) => text.length)
  expect(rooms.map(({ letters }) => letters)).toEqual([
    full.slice(0, 2).reduce((a, b) => a + b),
    full.reduce((a, b) => a + b),
  ])
})

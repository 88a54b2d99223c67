import { expect, test } from '@jest/globals'
import type { Evidence } from '../../history/evidence.ts'
import { judge } from '../judge.ts'
import { a, b, cancelled, cancelledA, cancelOfA, create, held, NIGHT_1, NIGHT_2 } from './made-calls.ts'
import { booked, change, evidence, HOTEL, ok, operation, refused, shown } from './made-history.ts'

// Histories made by hand, that are not right: each judge finds what it is for.
const over = booked('c1.1', [20, 30], 'b', ['room 1'], NIGHT_1)
const holding = booked('c0.1', [0, 10], 'a', ['room 1'], NIGHT_1, { hold_until: new Date(5_000).toISOString() })
const lapsed = (time: number) =>
  change(
    'system',
    'DELETED',
    { ...shown('a', 2, ['room 1'], ...NIGHT_1), hold_until: new Date(5_000).toISOString() },
    time,
    { delete_time: new Date(5_000).toISOString() },
  )

const bad: [invariant: string, what: string, history: Evidence][] = [
  [
    'no night is held twice',
    'two have a night',
    evidence({ operations: [a.operation, over.operation], changes: [a.change, over.change] }),
  ],
  [
    'no night is held twice',
    'a list shows two for a night',
    evidence({
      operations: [
        operation(
          'c2.1',
          'ListReservations',
          {},
          ok(1, 2, { reservations: [shown('a', 1, ['room 1'], ...NIGHT_1), shown('b', 1, ['room 1'], ...NIGHT_1)] }),
        ),
      ],
    }),
  ],
  ['what is acknowledged is there', 'a create is lost', evidence({ operations: [a.operation] })],
  [
    'what is acknowledged is there',
    'the feed says something else',
    evidence({
      operations: [a.operation],
      changes: [{ ...a.change, payload: { ...a.change.payload, guest_id: 'other' } }],
    }),
  ],
  ['no effect without a call', 'nobody called', evidence({ changes: [a.change] })],
  [
    'no effect without a call',
    'a hold lapses early',
    evidence({ operations: [holding.operation], changes: [holding.change, lapsed(4_500)] }),
  ],
  [
    'no effect without a call',
    'a cancelled one is cancelled again',
    evidence({
      operations: [
        a.operation,
        cancelOfA,
        operation('c3.1', 'CancelReservation', { id: 'a' }, ok(60, 70, { ...cancelled, etag: '"3"' })),
      ],
      changes: [
        a.change,
        cancelledA,
        change('c3.1', 'UPDATED', { ...cancelled, etag: '"3"' }, 70, { delete_time: '2030-01-01T00:00:00Z' }),
      ],
    }),
  ],
  [
    'a refusal has its cause',
    'the night was free again',
    evidence({
      operations: [
        a.operation,
        cancelOfA,
        create('c1.2', refused(55, 60, 'ROOM_NOT_AVAILABLE', held('room 1', NIGHT_1))),
      ],
      changes: [a.change, cancelledA],
    }),
  ],
  [
    'a refusal has its cause',
    'another night is named than is held',
    evidence({
      operations: [a.operation, create('c1.2', refused(12, 14, 'ROOM_NOT_AVAILABLE', held('room 1', NIGHT_2)))],
      changes: [a.change],
    }),
  ],
  [
    'a refusal has its cause',
    'a reason that nobody knows',
    evidence({ operations: [create('c1.2', refused(1, 2, 'NO_SUCH_REASON'))] }),
  ],
  [
    'one effect for a key',
    'two effects',
    evidence({
      operations: [a.operation],
      changes: [a.change, { ...a.change, id: 'a2', payload: { ...a.change.payload, id: 'a2' } }],
    }),
  ],
  [
    'one effect for a key',
    'two answers',
    evidence({
      operations: [
        operation(
          'c0.1',
          'CreateReservation',
          a.operation.request,
          ok(0, 10, shown('a', 1, ['room 1'], ...NIGHT_1)),
          ok(11, 12, shown('a', 2, ['room 1'], ...NIGHT_1)),
        ),
      ],
      changes: [a.change],
    }),
  ],
  [
    'one effect for a key',
    'half of a swap',
    evidence({
      operations: [operation('c4.1', 'SwapRooms', { reservations: ['a', 'b'] })],
      changes: [a.change, b.change, change('c4.1', 'UPDATED', shown('a', 2, ['room 2'], ...NIGHT_1), 60)],
    }),
  ],
  [
    'order of calls',
    'the earlier call is the later change',
    evidence({ operations: [a.operation, b.operation], changes: [b.change, a.change] }),
  ],
  [
    'the feed is whole',
    'a time goes back',
    evidence({
      operations: [a.operation, b.operation],
      changes: [{ ...a.change, time: new Date(99).toISOString() }, b.change],
    }),
  ],
  [
    'the feed is whole',
    'a version is left out',
    evidence({
      operations: [a.operation],
      changes: [a.change, change('c0.1', 'UPDATED', shown('a', 3, ['room 1'], ...NIGHT_1), 60)],
    }),
  ],
  [
    'watchers hear of all',
    'one is left out',
    evidence({
      operations: [a.operation, b.operation],
      changes: [a.change, b.change],
      watched: [{ watcher: 'w', hotel: HOTEL, told: [{ id: 'b', version: 1, at: 40 }] }],
    }),
  ],
  [
    'watchers hear of all',
    'the last is not told',
    evidence({ operations: [a.operation], changes: [a.change], watched: [{ watcher: 'w', hotel: HOTEL, told: [] }] }),
  ],
  [
    'reads are true',
    'a list that is older than an answer',
    evidence({
      operations: [a.operation, operation('c2.1', 'ListReservations', {}, ok(15, 18, {}))],
      changes: [a.change],
    }),
  ],
  [
    'reads are true',
    'a room is shown as free',
    evidence({
      operations: [
        a.operation,
        operation(
          'c2.1',
          'ListRoomAvailability',
          { in_date: NIGHT_1[0], out_date: NIGHT_2[1] },
          ok(15, 18, { rooms: [{ room: 'room 1' }, { room: 'room 2' }] }),
        ),
      ],
      changes: [a.change],
    }),
  ],
  [
    'the end is true',
    'nights are held for nobody',
    withLeg(evidence({ operations: [a.operation, cancelOfA], changes: [a.change, cancelledA] })),
  ],
  [
    'the end is true',
    'the view differs',
    evidence({ more: { final: { ...evidence({}).final, viewDiffers: [{ id: 'a' }] } } }),
  ],
  [
    'no fault of its own',
    'INTERNAL',
    evidence({ operations: [create('c1.2', refused(1, 2, 'INTERNAL', { code: 'INTERNAL' }))] }),
  ],
  [
    'no fault of its own',
    'no answer while nothing is amiss',
    evidence({
      operations: [
        operation(
          'c1.2',
          'GetReservation',
          { id: 'a' },
          { from: 1, to: 2, outcome: { is: 'unknown', code: 'UNAVAILABLE' } },
        ),
      ],
    }),
  ],
  [
    'no fault of its own',
    'a create waits until its deadline while nothing is amiss, and is made when it is sent again',
    evidence({
      operations: [
        {
          ...a.operation,
          tries: [
            ...create('c0.1', { from: 0, to: 4, outcome: { is: 'unknown', code: 'DEADLINE_EXCEEDED' } }).tries,
            ...a.operation.tries.map((attempt) => ({ ...attempt, n: 1, start: 5, wallStart: 5 })),
          ],
        },
      ],
      changes: [a.change],
    }),
  ],
  [
    'no fault of its own',
    'a watcher does not come to the end',
    evidence({ more: { final: { ...evidence({}).final, stuck: ['watcher 0 was told 1 of 2 changes'] } } }),
  ],
]

test.each(bad)('%s: found that %s', (invariant, _what, history) => {
  expect(judge(history).map((violation) => violation.invariant)).toContain(invariant)
})

function withLeg(history: Evidence): Evidence {
  const leg = { hotel: HOTEL, holder: 'a', kind: 'RESERVATION', room: 'room 1', from: NIGHT_1[0], until: NIGHT_1[1] }
  return { ...history, final: { ...history.final, legs: [leg] } }
}

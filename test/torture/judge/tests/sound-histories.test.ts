import { expect, test } from '@jest/globals'
import type { Evidence, Json } from '../../history/evidence.ts'
import { judge } from '../judge.ts'
import { a, b, cancelledA, cancelOfA, create, held, NIGHT_1 } from './made-calls.ts'
import { evidence, HOTEL, ok, operation, refused } from './made-history.ts'

// Histories made by hand, that are right: no judge finds anything in them.

const good: Record<string, Evidence> = {
  nothing: evidence({}),
  'two nights of a room, and a cancellation': evidence({
    operations: [a.operation, b.operation, cancelOfA],
    changes: [a.change, b.change, cancelledA],
    watched: [
      {
        watcher: 'w',
        hotel: HOTEL,
        told: [
          ['a', 1],
          ['b', 1],
          ['b', 1],
          ['a', 2],
        ].map(([id, version]) => ({ id: String(id), version: Number(version), at: 60 })),
      },
    ],
  }),
  'a refusal while the night is held': evidence({
    operations: [a.operation, create('c1.2', refused(12, 14, 'ROOM_NOT_AVAILABLE', held('room 1', NIGHT_1)))],
    changes: [a.change],
  }),
  'a refusal beside the create and the cancellation': evidence({
    operations: [
      a.operation,
      cancelOfA,
      create('c1.2', refused(45, 60, 'ROOM_NOT_AVAILABLE', held('room 1', NIGHT_1))),
    ],
    changes: [a.change, cancelledA],
  }),
  'a call without an answer, once made': evidence({
    operations: [
      {
        ...a.operation,
        tries: [
          { n: 0, door: 'rest', gateway: 0, start: 0, wallStart: 0 },
          { ...a.operation.tries[0], n: 1, start: 5, wallStart: 5 },
        ],
      } as never,
    ],
    changes: [a.change],
  }),
  'a list between two changes': evidence({
    operations: [
      a.operation,
      b.operation,
      operation(
        'c2.1',
        'ListReservations',
        {},
        ok(15, 25, { reservations: [a.operation.tries[0]?.outcome].map((each: Json) => each.answer) }),
      ),
    ],
    changes: [a.change, b.change],
  }),
  'a call without an answer while the machine had no time': evidence({
    operations: [
      operation(
        'c1.2',
        'GetReservation',
        { id: 'a' },
        { from: 1, to: 2, outcome: { is: 'unknown', code: 'UNAVAILABLE' } },
      ),
    ],
    more: { stalls: [{ start: 0, end: 0.5 }] },
  }),
}

test.each(Object.keys(good))('nothing is against a history that is right: %s', (name) => {
  expect(judge(good[name] as Evidence)).toEqual([])
})

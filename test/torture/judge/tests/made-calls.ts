import { booked, change, ok, operation, shown } from './made-history.ts'

/** Two nights, of which the histories are made. */
export const NIGHT_1 = ['2030-01-01', '2030-01-02'] as const
export const NIGHT_2 = ['2030-01-02', '2030-01-03'] as const

/** A create of each night. */
export const a = booked('c0.1', [0, 10], 'a', ['room 1'], NIGHT_1)
export const b = booked('c1.1', [20, 30], 'b', ['room 1'], NIGHT_2)
/** The cancellation of the first: its answer, its call and its change. */
export const cancelled = shown('a', 2, ['room 1'], ...NIGHT_1, { delete_time: '2030-01-01T00:00:00Z' })
export const cancelOfA = operation('c0.2', 'CancelReservation', { id: 'a' }, ok(40, 50, cancelled))
export const cancelledA = change('c0.2', 'DELETED', cancelled, 50, { delete_time: '2030-01-01T00:00:00Z' })
/** The details of a refusal that names nights of a room. */
export const held = (room: string, [from, until]: readonly string[]) => ({
  violations: [
    { type: 'RESERVATION', subject: `rooms/${room}`, description: `held for the nights from ${from} to ${until}` },
  ],
})
/** A create of the first night, with this outcome. */
export const create = (name: string, outcome: ReturnType<typeof ok>) =>
  operation(
    name,
    'CreateReservation',
    { in_date: NIGHT_1[0], out_date: NIGHT_1[1], rooms: ['room 1'], guest: 'guest' },
    outcome,
  )

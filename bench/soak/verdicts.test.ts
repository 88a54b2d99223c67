import { expect, test } from '@jest/globals'
import type { Second, Stretch } from './load.ts'
import type { Phase, Soak } from './phases.ts'
import { growthOf, recoveryOf, tenthsOf, verdictsOf } from './verdicts.ts'

const second = (ok: number, p99 = 10, refused: Record<string, number> = {}): Second => ({
  ok,
  p50: p99 / 2,
  p99,
  refused,
})
const times = <T>(count: number, of: (n: number) => T) => Array.from({ length: count }, (_, n) => of(n))

function phase(name: string, perSecond: number, seconds: readonly Second[], more: Partial<Stretch> = {}): Phase {
  const refused: Record<string, number> = {}
  for (const each of seconds)
    for (const [code, count] of Object.entries(each.refused)) refused[code] = (refused[code] ?? 0) + count
  const ok = seconds.reduce((sum, each) => sum + each.ok, 0)
  const stretch: Stretch = {
    seconds,
    elapsedMs: seconds.length * 1_000,
    sent: ok,
    ok,
    creates: { sent: 0, acknowledged: 0 },
    refused,
    withoutDelay: {},
    words: {},
    unsent: 0,
    ...more,
  }
  return { name, pace: { perSecond }, stretch, cpuMs: 1, memory: times(30, () => ({ guests: 50 })) }
}

function soakOf(parts: Partial<Pick<Soak, 'held' | 'overload' | 'after'>> = {}): Soak {
  const whole = {
    held: phase(
      'held',
      70,
      times(100, () => second(70)),
    ),
    overload: phase(
      'overload',
      200,
      times(10, () => second(95, 900, { UNAVAILABLE: 105 })),
    ),
    after: phase('after', 70, [second(50, 900, { UNAVAILABLE: 20 }), second(60), ...times(8, () => second(70))]),
    ...parts,
  }
  return { maximum: 100, aroundOverload: 100, ...whole, phases: Object.values(whole) }
}

const failing = (soak: Soak, isLong = true) =>
  verdictsOf(soak, [], isLong).flatMap(({ name, verdict }) => (verdict === 'does not hold' ? [name] : []))

test('a soak in which all is well holds', () => {
  expect(failing(soakOf())).toEqual([])
})

test.each<[string, Parameters<typeof soakOf>[0], string[]]>([
  [
    'a call that fails',
    {
      held: phase(
        'held',
        70,
        times(100, (n) => second(70, 10, n === 5 ? { INTERNAL: 1 } : {})),
      ),
    },
    ['held: no call fails'],
  ],
  [
    'latency that rises',
    {
      held: phase(
        'held',
        70,
        times(100, (n) => second(70, 50 + n)),
      ),
    },
    ['held: p99 of the last tenth'],
  ],
  [
    'goodput that falls',
    {
      overload: phase(
        'overload',
        200,
        times(10, () => second(70, 900, { UNAVAILABLE: 105 })),
      ),
    },
    ['overload: goodput'],
  ],
  [
    'a call that is left to time out',
    {
      overload: phase(
        'overload',
        200,
        times(10, () => second(90, 900, { DEADLINE_EXCEEDED: 3 })),
      ),
    },
    ['overload: how calls are refused'],
  ],
  [
    'no overload',
    {
      overload: phase(
        'overload',
        200,
        times(10, () => second(200)),
      ),
    },
    ['overload: it is one'],
  ],
  [
    'a refusal without a delay',
    {
      overload: phase(
        'overload',
        200,
        times(10, () => second(90, 900, { UNAVAILABLE: 9 })),
        { withoutDelay: { UNAVAILABLE: 1 } },
      ),
    },
    ['overload: refusals tell when to come again'],
  ],
  [
    'no recovery',
    {
      after: phase(
        'after',
        70,
        times(12, () => second(60, 10, { UNAVAILABLE: 1 })),
      ),
    },
    ['overload: recovery'],
  ],
])('%s is found', (_, parts, expected) => {
  expect(failing(soakOf(parts))).toEqual(expected)
})

test('a short run is not judged by times and memory, but by what is refused and how', () => {
  const held = phase(
    'held',
    70,
    times(10, (n) => second(70, 50 + 100 * n)),
  )
  expect(failing(soakOf({ held }), false)).toEqual([])
  const overload = phase(
    'overload',
    200,
    times(10, () => second(9, 900, { UNAVAILABLE: 9 })),
    {
      withoutDelay: { UNAVAILABLE: 1 },
    },
  )
  expect(failing(soakOf({ overload }), false)).toEqual(['overload: refusals tell when to come again'])
})

test('memory that grows after the warm-up is found by its slope', () => {
  const grows = times(90, (n) => ({ guests: n < 30 ? 40 + n * 3 : 130 + (n - 30) }))
  expect(growthOf(grows, 'guests').growth).toBeCloseTo(59)
  const held = {
    ...phase(
      'held',
      70,
      times(90, () => second(70)),
    ),
    memory: grows,
  }
  expect(failing(soakOf({ held }))).toEqual(['held: memory of guests'])
})

test('the tenths of a stretch, and the second of a recovery', () => {
  expect(tenthsOf({ seconds: times(20, (n) => second(1, n)) })).toEqual({ first: 3, last: 19 })
  expect(recoveryOf({ pace: { perSecond: 70 }, stretch: soakOf().after.stretch })).toBe(2)
})

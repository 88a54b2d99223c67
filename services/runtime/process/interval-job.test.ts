import { expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { byHotel, intervalJob } from './interval-job.ts'
import type { Logger } from './log.ts'

function logged() {
  const lines: object[] = []
  return { lines, log: { warn: (line: object) => lines.push(line) } as unknown as Logger }
}

const job = (log: Logger) => ({ failed: 'not done', level: 'warn', everyMs: 1, limitMs: 60_000, log }) as const

test('a round begins after the one before has ended; stopping tells it and waits for it', async () => {
  const { log, lines } = logged()
  let running = 0
  let most = 0
  let rounds = 0
  const third = Promise.withResolvers<void>()
  let isOver = false
  const stop = intervalJob(job(log), async (signal) => {
    running += 1
    most = Math.max(most, running)
    rounds += 1
    try {
      if (rounds === 1) throw new Error('broken')
      // Longer than the interval.
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (rounds < 3) return
      third.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      isOver = true
    } finally {
      running -= 1
    }
  })
  await third.promise
  await stop()
  expect([most, rounds, isOver]).toEqual([1, 3, true])
  expect(lines).toEqual([{ err: 'broken' }])
})

test('a round that takes too long is told to end, and the next one begins', async () => {
  const { log } = logged()
  let rounds = 0
  const second = Promise.withResolvers<void>()
  const stop = intervalJob({ ...job(log), limitMs: 1, atOnce: true }, async (signal) => {
    rounds += 1
    if (rounds === 2) second.resolve()
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  await second.promise
  await stop()
  expect(rounds).toBeGreaterThanOrEqual(2)
})

test('hotels do not wait for one that stands still; what fails for a while is left, and comes last the next time', async () => {
  const { log, lines } = logged()
  const inTurn = byHotel({ failed: 'not done', level: 'warn', log })
  const signal = new AbortController().signal
  const works = new Map(['busy', 'odd', 'a', 'b', 'c', 'd'].map((hotel) => [hotel, [1, 2]]))
  const still = Promise.withResolvers<void>()
  const done: string[] = []
  const round = inTurn(works, signal, async (hotel, work) => {
    if (hotel === 'busy') {
      await still.promise
      throw Object.assign(new Error('busy'), { code: Status.UNAVAILABLE })
    }
    if (hotel === 'odd' && work === 1) throw new Error('odd')
    done.push(`${hotel}${work}`)
    if (done.length === 9) still.resolve()
  })
  await round
  expect(done.toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'd1', 'd2', 'odd2'])
  // The second work of the busy hotel was not tried.
  expect(lines).toEqual([
    { err: 'odd', hotel: 'odd' },
    { err: 'busy', hotel: 'busy' },
  ])
  const order: string[] = []
  await inTurn(works, signal, async (hotel) => void order.push(hotel))
  expect(order.slice(0, 4).toSorted()).toEqual(['a', 'b', 'c', 'd'])
})

test('works are told to end by the signal; a stop fails without a line, what took too long with one', async () => {
  for (const [reason, told] of [
    [new DOMException('stopped', 'AbortError'), []],
    [new DOMException('late', 'TimeoutError'), [{ err: 'late', hotel: 'a' }]],
  ] as const) {
    const { log, lines } = logged()
    const ending = new AbortController()
    await byHotel({ failed: 'not done', level: 'warn', log })(
      new Map([['a', [1, 2]]]),
      ending.signal,
      async (_hotel, _work, signal) => {
        ending.abort(reason)
        signal.throwIfAborted()
      },
    )
    expect(lines).toEqual(told)
  }
})

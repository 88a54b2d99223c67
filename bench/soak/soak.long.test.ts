import { expect, test } from '@jest/globals'
import { soakSuite } from './suite.ts'
import { verdictsOf } from './verdicts.ts'

// A busy machine decides how much is answered and how soon; how calls are refused, and what is left behind, is ours. So few come
// afterwards that they are no new overload, whatever else the machine does.
test('what is too much is refused with a delay, all is answered again soon, and nothing that was acknowledged is lost', async () => {
  const plan = { stepSeconds: 1, heldSeconds: 2, overloadSeconds: 10, afterSeconds: 20, overload: 5, after: 0.1 }
  const { soak, checks } = await soakSuite(plan, true, () => undefined)
  expect(verdictsOf(soak, checks, false).filter(({ verdict }) => verdict === 'does not hold')).toEqual([])
  const { refused, withoutDelay } = soak.overload.stretch
  expect(refused.UNAVAILABLE).toBeGreaterThan(0)
  expect(withoutDelay.UNAVAILABLE).toBeUndefined()
}, 300_000)

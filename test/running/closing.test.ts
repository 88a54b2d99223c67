import { setImmediate } from 'node:timers/promises'
import { forkFor, openDatabase, query } from '@hotel/runtime/database/database'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { type Suite, startSuite } from '../harness/test-suite.ts'

let suite: Suite
beforeAll(async () => {
  suite = await startSuite({ gateway: false, redis: false })
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('a database is closed also when what was asked is given up while its connection comes', async () => {
  const orm = await openDatabase({ url: suite.stack.databaseUrls.guests, entities: [] })
  const printed = jest.spyOn(console, 'error')
  const givingUp = new AbortController()
  const asked = query(forkFor(orm, givingUp.signal), 'select 1')
  const refused = expect(asked).rejects.toThrow('aborted')
  // It is asked for by now, and the server has not answered.
  await setImmediate()
  givingUp.abort()
  await refused
  await orm.close()
  expect(printed).not.toHaveBeenCalled()
})

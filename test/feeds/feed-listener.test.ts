import { randomUUID } from 'node:crypto'
import { openFeedListener } from '@hotel/runtime/changes/feed-listener'
import type { Logger } from '@hotel/runtime/process/log'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Suite, sharedSuite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

let suite: Suite
beforeAll(async () => {
  suite = await sharedSuite()
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

test('a process knows for a while that another one writes, and takes nobody else for it', async () => {
  const log = { warn: () => undefined } as unknown as Logger
  const open = () => openFeedListener(suite.stack.databaseUrls.rooms, log)
  const [one, other] = [open(), open()]
  try {
    await eventually(async () => expect([one.epoch(), other.epoch()]).not.toContain(''))
    await eventually(async () => expect(other.othersWrite()).toBe(false))
    one.moved(randomUUID())
    await eventually(async () => expect(other.othersWrite()).toBe(true))
    // Its own notification has come by then, too: both are sent to all at once.
    await one.ask('select 1', 5_000)
    expect(one.othersWrite()).toBe(false)
    await eventually(async () => expect(other.othersWrite()).toBe(false))
  } finally {
    await Promise.all([one.close(), other.close()])
  }
})

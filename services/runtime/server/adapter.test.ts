import { expect, test } from '@jest/globals'
import { DriverException } from '@mikro-orm/core'
import { type CallContext, Status } from 'nice-grpc'
import { refusalOf } from '../errors/refusal-of.ts'

const never = new AbortController().signal
const context = { signal: never } as CallContext
const late = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
const aborted = () => Object.assign(new Error('The operation has been aborted'), { name: 'AbortError' })

test.each([
  ['a limit of time of the service', late()],
  ['one in a query of the ORM', new DriverException(late())],
  ['a call to a peer that was given up', aborted()],
])('%s that ends the work of a call is UNAVAILABLE, with the time to repeat', (_name, error) => {
  const refusal = refusalOf(error, context, 'id', never)
  expect(refusal).toMatchObject({ code: Status.UNAVAILABLE, reason: 'UNAVAILABLE' })
  expect(refusal).toMatchObject({
    extra: expect.arrayContaining([expect.objectContaining({ $type: 'google.rpc.RetryInfo' })]),
  })
})

test('what is not foreseen is INTERNAL, and the end of a call that was given up is no refusal', () => {
  expect(refusalOf(new Error('odd'), context, 'id', never)).toMatchObject({ code: Status.INTERNAL, reason: 'INTERNAL' })
  const gone = { signal: AbortSignal.abort() } as CallContext
  expect(refusalOf(late(), gone, 'id', never)).toMatchObject({ name: 'AbortError' })
})

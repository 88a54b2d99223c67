import { expect } from '@jest/globals'
import { Status } from 'nice-grpc'
import { RichClientError } from 'nice-grpc-error-details'

declare module 'expect' {
  interface Matchers<R> {
    /** A refusal with this code, this reason and, if given, at least this metadata. */
    toRefuse(code: Status, reason: string, metadata?: Record<string, string>): R
  }
}

/** What a refusal says, without its prose; any other error as it is. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof RichClientError)) return error
  const info = error.extra.find((detail) => detail.$type === 'google.rpc.ErrorInfo')
  const { reason, metadata } = { reason: '', metadata: {}, ...info }
  return { code: Status[error.code], reason, metadata }
}

expect.extend({
  toRefuse(error: unknown, code: Status, reason: string, metadata: Record<string, string> = {}) {
    const actual = refusalOf(error)
    const expected = { code: Status[code], reason, metadata: expect.objectContaining(metadata) }
    const pass = this.equals(actual, expected)
    const message = () =>
      `${this.utils.matcherHint('toRefuse')}\n\n` +
      `Expected: ${this.utils.printExpected(expected)}\nReceived: ${this.utils.printReceived(actual)}`
    return { pass, message }
  },
})

import { describe, expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { invalidFields, notFound, Refusal } from './refusal.ts'

/** Clients and proxies take headers of 8 KiB at least; what is not of ASCII is three times as long there. */
const MOST_BYTES = 8_192

function bytesOf({ details, extra }: Refusal): number {
  return encodeURIComponent(details).length + Buffer.byteLength(JSON.stringify(extra))
}

describe('whatever a caller sends, a refusal that repeats it fits into headers', () => {
  test.each([
    ['a long id', notFound('guest', 'a'.repeat(100_000))],
    ['one that is not of ASCII', notFound('guest', '\u00e9'.repeat(100_000))],
    [
      'many wrong fields, with long descriptions',
      invalidFields(
        Array.from({ length: 500 }, () => ({
          field: 'update_mask',
          description: `"${'a'.repeat(1_000)}" is no field`,
        })),
      ),
    ],
    [
      'the same, not of ASCII',
      invalidFields(Array.from({ length: 500 }, () => ({ field: 'update_mask', description: '\u20ac'.repeat(1_000) }))),
    ],
  ])('%s', (_name, refusal) => {
    expect(bytesOf(refusal)).toBeLessThan(MOST_BYTES)
  })

  test('what is short is told as it is, up to the ids of twenty resources', () => {
    const ids = Array.from({ length: 20 }, () => '01900000-0000-7000-8000-000000000000').join(',')
    const { details, extra } = new Refusal(Status.FAILED_PRECONDITION, 'ROOM_IN_USE', `in use: ${ids}`, {
      reservations: ids,
    })
    expect([details, extra[0]]).toMatchObject([`in use: ${ids}`, { metadata: { reservations: ids } }])
  })

  test('no letter is cut in two', () => {
    expect(notFound('guest', '\ud83d\ude00'.repeat(1_000)).details).not.toMatch(/\ufffd/)
  })
})

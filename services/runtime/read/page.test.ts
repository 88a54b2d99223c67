import { createCipheriv, randomBytes } from 'node:crypto'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Call, runIn } from '../call/call.ts'
import { noteRequestType } from '../call/request-form.ts'
import { pager } from './page.ts'

type Request = { page_size: number; page_token: string; hotel: string; location?: string }

/** A list of a version of the API, as the generated code encodes its requests; a later one has one field more. */
const encoderWith = (fields: readonly ['hotel', ...'location'[]]) => ({
  encode(message: Request) {
    const writer = new BinaryWriter()
    for (const [index, field] of fields.entries())
      if (message[field]) writer.uint32(((index + 3) << 3) | 2).string(message[field])
    return writer
  },
})

const call: Call = {
  method: 'hotel.test.v1.Test/List',
  requestId: '',
  deadline: Number.POSITIVE_INFINITY,
  trace: undefined,
  span: undefined,
  caller: { subject: 'desk', scopes: new Set(), hotels: 'every' },
}
const key = randomBytes(32)
const open = (request: Request) => runIn(call, () => pager(key)('List', request))
const token = (request: Request, after: readonly (string | number)[]) =>
  runIn(call, () => pager(key)('List', request).token(after))
const first = { page_size: 2, page_token: '', hotel: 'a' }

describe('a page token', () => {
  const before = encoderWith(['hotel'])
  const later = encoderWith(['hotel', 'location'])
  afterEach(() => noteRequestType(`/${call.method}`, before as never))

  test('opens under its filter and no other, in either version of the API', () => {
    noteRequestType(`/${call.method}`, before as never)
    const page_token = token(first, ['x', 1])
    expect(open({ ...first, page_size: 5, page_token }).after).toEqual(['x', 1])
    expect(() => open({ ...first, page_token, hotel: 'b' })).toThrow('start over')
    noteRequestType(`/${call.method}`, later as never)
    expect(open({ ...first, location: '', page_token }).after).toEqual(['x', 1])
    expect(() => open({ ...first, location: 'l', page_token })).toThrow('start over')
  })

  test('that the build before made opens, too', () => {
    noteRequestType(`/${call.method}`, later as never)
    const iv = randomBytes(12)
    const bound = JSON.stringify(['List', { hotel: 'a' }, null])
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound))
    const text = Buffer.concat([cipher.update('["x"]'), cipher.final()])
    const page_token = Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
    expect(open({ ...first, page_token }).after).toEqual(['x'])
    expect(() => open({ ...first, page_token, hotel: 'b' })).toThrow('start over')
  })
})

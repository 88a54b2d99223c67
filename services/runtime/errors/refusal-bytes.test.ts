import { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { expect, test } from '@jest/globals'
import { Status } from 'nice-grpc'
import { hotelBusy, invalidFields, notFound, peerUnavailable, precondition, Refusal, statusMessage } from './refusal.ts'
import { statusBytes } from './refusal-bytes.ts'

const violation = { type: 'ROOM_NOT_AVAILABLE', subject: 'rooms/1', description: 'is held' }

test.each([
  ['metadata', notFound('guest', '1')],
  ['no metadata', new Refusal(Status.UNAUTHENTICATED, 'UNAUTHENTICATED', 'a token is needed')],
  ['an entry without a value, which is left out', notFound('guest', '')],
  ['what is not of ASCII', notFound('Gäste', 'ひと\u{1f600}')],
  ['half of a letter', notFound('guest', '\ud83d')],
  ['long texts', new Refusal(Status.INTERNAL, 'INTERNAL', 'a'.repeat(900), { request_id: 'b'.repeat(900) })],
  ['a time to wait', hotelBusy('1')],
  ['a peer', peerUnavailable('guests', 'UNAVAILABLE no connection')],
  ['wrong fields', invalidFields([{ field: 'id', description: 'is required' }])],
  ['what is in the way', precondition('ROOM_NOT_AVAILABLE', 'a room is held', { room: '1' }, [violation])],
])('a refusal with %s is encoded as by the generated code', (_name, refusal) => {
  const bytes = Buffer.from(StatusMessage.encode(statusMessage(refusal)).finish())
  expect(statusBytes(refusal).toString('latin1')).toBe(bytes.toString('latin1'))
})

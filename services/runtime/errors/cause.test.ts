import { expect, test } from '@jest/globals'
import { causeOf } from './cause.ts'

const error = (message: string, more: object = {}) => Object.assign(new Error(message), more)
const names = `insert into "guest" values ('Ada')`

test.each([
  [
    'a broken constraint by its name',
    error(`${names} …`, { code: '23514', constraint: 'guest_erased' }),
    'guest_erased, SQLSTATE 23514',
  ],
  ['a wrong value without it', error('invalid input syntax for type uuid: "Ada"', { code: '22P02' }), 'SQLSTATE 22P02'],
  [
    'what is wrong with the server in its words',
    error('the database system is starting up', { code: '57P03' }),
    'the database system is starting up, SQLSTATE 57P03',
  ],
  [
    'what the ORM passes on without its statement',
    error(`${names} - terminating connection`, {
      code: '57P01',
      previous: error('terminating connection', { code: '57P01' }),
    }),
    'terminating connection, SQLSTATE 57P01',
  ],
  ['anything else as it is', error('Connection terminated unexpectedly'), 'Connection terminated unexpectedly'],
])('says %s', (_, cause, words) => {
  expect(causeOf(cause)).toBe(words)
})

test('says what is wrong with a certificate, and the remedy', () => {
  expect(causeOf(error('self-signed certificate in chain', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }))).toContain(
    'sslrootcert',
  )
  expect(causeOf(error('…', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }))).toContain('for another name')
  expect(causeOf(error('The server does not support SSL connections'))).toContain('does not encrypt')
})

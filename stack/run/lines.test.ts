import { stripVTControlCharacters } from 'node:util'
import { expect, test } from '@jest/globals'
import { isChatter, jsonLine, prettyLine } from './lines.ts'

const now = new Date('2030-01-02T03:04:05.678Z')
const call = {
  ...{ level: 40, time: '2030-01-02T03:04:05.000Z', service: 'rooms', msg: 'call' },
  ...{ code: 'OK', ms: 1.5, reason: '', actor: 'Ada L' },
}
const request = { http_method: 'GET', path: '/rooms', status: 200, flags: '-', service: 'gateway', time: '2030' }

test.each([
  ['rooms', JSON.stringify(call), call],
  ['rooms-2', JSON.stringify(call), { ...call, process: 'rooms-2' }],
  ['gateway', JSON.stringify(request), request],
  ['postgres', '2030-01-02 UTC FATAL:  no', { level: 60, msg: '2030-01-02 UTC FATAL:  no' }],
  ['postgres', '2030-01-02 UTC WARNING:  no', { level: 40, msg: '2030-01-02 UTC WARNING:  no' }],
  ['guests', 'TypeError: no', { level: 30, msg: 'TypeError: no' }],
  ['guests', '{ code: 1 }', { level: 30, msg: '{ code: 1 }' }],
])('elsewhere than on a terminal each line is JSON: %s %s', (name, line, expected) => {
  const added = 'msg' in expected && !('service' in expected) ? { time: now.toISOString(), service: name } : {}
  expect(JSON.parse(jsonLine(name, line, now))).toEqual({ ...expected, ...added })
})

test.each([
  ['rooms', JSON.stringify(call), '03:04:05.000 rooms        | WARN  call code=OK ms=1.5 actor="Ada L"'],
  ['gateway', JSON.stringify({ ...request, time: call.time }), '03:04:05.000 gateway      | INFO GET /rooms 200'],
  ['postgres', 'FATAL:  no', 'postgres     | FATAL:  no'],
])('on a terminal a line is for a person: %s %s', (name, line, expected) => {
  expect(stripVTControlCharacters(prettyLine(name, line))).toBe(expected)
})

test('the lines of a server that starts or stops are chatter, and its faults are not', () => {
  const postgres = (words: string) => isChatter('postgres', `2030-01-02 03:04:05.678 UTC ${words}`)
  expect(postgres('LOG:  checkpoint complete')).toBe(true)
  expect(postgres('FATAL:  the database system is starting up')).toBe(true)
  expect(postgres('FATAL:  terminating connection due to administrator command')).toBe(true)
  expect(postgres('FATAL:  password authentication failed')).toBe(false)
  expect(postgres('ERROR:  deadlock detected')).toBe(false)
  expect(isChatter('gateway', 'critical')).toBe(false)
})

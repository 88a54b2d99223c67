import { randomUUIDv7 } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { confirmationCode, idEndings } from './confirmation-code.ts'

test.each([
  ['01980000-0000-7000-8000-000000000000', '22222222'],
  ['01980000-0000-7000-8000-00000000001e', '2222222Z'],
  ['01980000-0000-7000-8000-00000000001f', '22222232'],
  ['01980000-0000-7000-8000-ff7fffffffff', 'NZFPEYNH'],
  ['01980000-0000-7000-8000-ffffffffffff', 'NZFPEYNH'],
])('the code of %s is %s', (id, code) => {
  expect(confirmationCode(id)).toBe(code)
})

test('a code leads back to the end of its id, however it is written', () => {
  for (let n = 0; n < 1_000; n++) {
    const id = randomUUIDv7()
    const code = confirmationCode(id)
    expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/)
    expect(idEndings(code)).toContain(id.slice(-10))
    expect(idEndings(code.toLowerCase())).toEqual(idEndings(code))
  }
})

test('a code that no id has leads nowhere', () => {
  expect(idEndings('ZZZZZZZZ')).toEqual([])
})

test.each(['', 'ABC', 'ABCDEFGH2', 'ABCDEFG0', 'ABCDEFGO', 'ABCDEFG1', 'ABCDEFGI', 'ABCDEFGL', 'ABCDEFG\u00e4'])(
  '"%s" is no code',
  (text) => {
    expect(() => idEndings(text)).toThrow('is not a confirmation code')
  },
)

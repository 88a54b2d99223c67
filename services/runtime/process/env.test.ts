import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { addresses, readEnv, text, wholeOr } from './env.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'hotel-env-'))
const file = path.join(folder, 'secret')
afterAll(() => rmSync(folder, { recursive: true }))

describe('a setting', () => {
  const read = (env: Record<string, string>) => readEnv(env, { url: ['DATABASE_URL', text] }).url

  it('is read from the file that the variable with _FILE names, without the end of its last line', () => {
    writeFileSync(file, 'a secret \n')
    expect(read({ DATABASE_URL_FILE: file })).toBe('a secret ')
    expect(read({ DATABASE_URL: '', DATABASE_URL_FILE: file })).toBe('a secret ')
    expect(read({ DATABASE_URL: 'x', DATABASE_URL_FILE: '' })).toBe('x')
  })

  it('is named when its file can not be read, is empty, or is one of two', () => {
    expect(() => read({ DATABASE_URL_FILE: path.join(folder, 'none') })).toThrow(/^DATABASE_URL_FILE .*ENOENT/)
    expect(() => read({ DATABASE_URL: 'x', DATABASE_URL_FILE: file })).toThrow(/^DATABASE_URL and DATABASE_URL_FILE/)
    writeFileSync(file, '\n')
    expect(() => read({ DATABASE_URL_FILE: file })).toThrow('DATABASE_URL is not set')
  })
})

describe('a whole number', () => {
  const read = wholeOr(50, 1, 500)

  it.each([
    [undefined, 50],
    ['1', 1],
    ['500', 500],
  ])('reads %s', (value, number) => {
    expect(read(value)).toBe(number)
  })

  it.each(['0', '501', '1.5', '-1', ' 1', '1e2', ''])('refuses "%s", saying what is taken', (value) => {
    expect(() => read(value)).toThrow(`is "${value}": give a whole number from 1 to 500`)
  })
})

describe('addresses', () => {
  it.each([
    ['127.0.0.1:1,127.0.0.1:2', ['127.0.0.1:1', '127.0.0.1:2']],
    ['guests:50051', ['guests:50051']],
  ])('reads %s', (value, list) => {
    expect(addresses(value)).toEqual(list)
  })

  it.each(['guests', 'guests:50051,guests-2:50051', '127.0.0.1:1,guests:2', '127.0.0.1:1,'])('refuses %s', (value) => {
    expect(() => addresses(value)).toThrow(value)
  })
})

import { describe, expect, test } from '@jest/globals'
import { sealer } from './sealed.ts'

const secret = Buffer.alloc(32, 1)
const { seal, open } = sealer(secret, 'test')
const value = Buffer.from('Ada Lovelace, room 101')

describe('a sealed value', () => {
  test('opens at its place, for whoever has the secret', () => {
    expect(open(seal(value, 'here'), 'here')).toEqual(value)
    expect(sealer(secret, 'test').open(seal(value, 'here'), 'here')).toEqual(value)
    expect(open(seal(Buffer.alloc(0), 'here'), 'here')).toEqual(Buffer.alloc(0))
  })

  test('is never the same twice and shows nothing of what it holds', () => {
    expect(seal(value, 'here')).not.toEqual(seal(value, 'here'))
    expect(seal(value, 'here').toString('latin1')).not.toContain('Lovelace')
  })

  test('opens nowhere else, with no other secret and for no other purpose', () => {
    expect(open(seal(value, 'here'), 'there')).toBeUndefined()
    expect(sealer(Buffer.alloc(32, 2), 'test').open(seal(value, 'here'), 'here')).toBeUndefined()
    expect(sealer(secret, 'other').open(seal(value, 'here'), 'here')).toBeUndefined()
  })

  test('does not open with any byte changed, nor cut at any place', () => {
    const sealed = seal(value, 'here')
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x80, at)
      expect(open(changed, 'here')).toBeUndefined()
      expect(open(sealed.subarray(0, at), 'here')).toBeUndefined()
    }
  })
})

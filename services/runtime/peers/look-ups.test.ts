import { expect, test } from '@jest/globals'
import { lookUpsTogether } from './look-ups.ts'

/** Looks that end when they are told, and how many have begun. */
function told() {
  const begun: PromiseWithResolvers<number>[] = []
  const look = () => {
    const one = Promise.withResolvers<number>()
    begun.push(one)
    return one.promise
  }
  return { begun, look }
}

test('who asks while a look runs gets the next one, all of them the same', async () => {
  const { begun, look } = told()
  const ask = lookUpsTogether<number>()
  const first = ask('a', look)
  const later = [ask('a', look), ask('a', look), ask('a', look)]
  const other = ask('b', look)
  expect(begun).toHaveLength(2)
  begun[1]?.resolve(9)
  expect(await other).toBe(9)
  begun[0]?.resolve(1)
  expect(await first).toBe(1)
  await Promise.resolve()
  expect(begun).toHaveLength(3)
  const latest = ask('a', look)
  begun[2]?.resolve(2)
  expect(await Promise.all(later)).toEqual([2, 2, 2])
  await Promise.resolve()
  expect(begun).toHaveLength(4)
  begun[3]?.resolve(3)
  expect(await latest).toBe(3)
})

test('a look that fails does so for those whom it was for; the next is made', async () => {
  const { begun, look } = told()
  const ask = lookUpsTogether<number>()
  const first = ask('a', look)
  const second = ask('a', look)
  begun[0]?.reject(new Error('lost'))
  await expect(first).rejects.toThrow('lost')
  begun[1]?.resolve(2)
  expect(await second).toBe(2)
  const third = ask('a', look)
  begun[2]?.resolve(3)
  expect(await third).toBe(3)
})

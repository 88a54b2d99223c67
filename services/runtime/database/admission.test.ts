import { expect, test } from '@jest/globals'
import { admission } from './admission.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('of one key as many as may, in the order in which they came; another key is not behind them', async () => {
  const admit = admission(3, 1)
  const entered: string[] = []
  const come = async (name: string, signal = new AbortController().signal) => {
    const place = await admit(name.charAt(0), signal)
    entered.push(name)
    return place
  }
  const [a1, a2, a3, b1] = [come('a1'), come('a2'), come('a3'), come('b1')]
  await settled()
  expect(entered).toEqual(['a1', 'b1'])
  ;(await a1)[Symbol.dispose]()
  await settled()
  expect(entered).toEqual(['a1', 'b1', 'a2'])
  ;(await a2)[Symbol.dispose]()
  await settled()
  expect(entered).toEqual(['a1', 'b1', 'a2', 'a3'])
  for (const place of [await a3, await b1]) place[Symbol.dispose]()
})

test('of all keys together no more than there are places', async () => {
  const admit = admission(2, 2)
  const signal = new AbortController().signal
  const [a, b] = [await admit('a', signal), await admit('b', signal)]
  let isIn = false
  const c = admit('c', signal).then((place) => {
    isIn = true
    return place
  })
  await settled()
  expect(isIn).toBe(false)
  b[Symbol.dispose]()
  ;(await c)[Symbol.dispose]()
  a[Symbol.dispose]()
})

test('who gives up waiting takes no place', async () => {
  const admit = admission(1, 1)
  const first = await admit('a', new AbortController().signal)
  const leaving = new AbortController()
  const gone = admit('a', leaving.signal)
  const third = admit('a', new AbortController().signal)
  leaving.abort(new Error('gone'))
  await expect(gone).rejects.toThrow('gone')
  await expect(admit('a', leaving.signal)).rejects.toThrow('gone')
  first[Symbol.dispose]()
  ;(await third)[Symbol.dispose]()
})

import { expect, test } from '@jest/globals'
import { circles, importsOf } from './imports.ts'
import { againstLayers, againstPackages, lookAtLayers } from './layers.ts'

const importing = (file: string, ...imported: string[]) => new Map([[file, new Set(imported)]])

test('the checkout has no circle and nothing against the layers, and its picture is of today', async () => {
  expect(await lookAtLayers()).toBeUndefined()
})

test('an import is seen, of a value, a type, a file beside or a package', async () => {
  const imports = await importsOf(['stack/checks/layers.ts', 'services/guests/main.ts'])
  expect([...(imports.get('stack/checks/layers.ts') ?? [])]).toEqual(
    expect.arrayContaining(['stack/checks/imports.ts', 'stack/setup/run.mjs']),
  )
  expect([...(imports.get('services/guests/main.ts') ?? [])]).toContain('services/runtime/server/open-service.ts')
})

test('a circle is found, and only its files', () => {
  const imports = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['c', 'd'])],
    ['c', new Set(['a'])],
    ['d', new Set<string>()],
  ])
  expect(circles(imports)).toEqual([['a', 'b', 'c']])
})

test('a lower layer that imports a higher one is named with it', () => {
  const file = 'services/runtime/errors/refusal.ts'
  expect(againstLayers(importing(file, 'services/runtime/call/call.ts'))).toEqual([
    `${file} imports services/runtime/call/call.ts: the layer \`errors\` is below \`call\`.`,
  ])
  expect(againstLayers(importing('services/runtime/call/call.ts', file))).toEqual([])
})

test('a service that imports another is named with it', () => {
  expect(againstPackages(importing('services/guests/main.ts', 'services/rooms/main.ts'))).toEqual([
    'services/guests/main.ts imports services/rooms/main.ts, which services/guests is not to know.',
  ])
  expect(againstPackages(importing('stack/stack.ts', 'gateway/settings.ts'))).toEqual([])
})

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { packages } from '../../console/src/api/packages.ts'
import { filesBelow } from '../../stack/setup/files-below.mjs'

const proto = path.join(import.meta.dirname, '..', '..', 'proto', 'hotel')

test('the console knows the package of each service that the document names', async () => {
  const files = await Promise.all((await filesBelow(proto, '.proto')).map((file) => readFile(file, 'utf8')))
  const withRest = files.filter((text) => text.includes('google.api.http'))
  const services = withRest.flatMap((text) => {
    const [, name = ''] = /^package ([\w.]+);/m.exec(text) ?? []
    return [...text.matchAll(/^service (\w+)/gm)].map(([, service = '']) => [service, name])
  })
  expect(packages).toEqual(Object.fromEntries(services))
})

import { expect, test } from '@jest/globals'
import { type Dependency, licenceProblems, listDependencies } from './dependencies.ts'

const dependencies = await listDependencies()
const pino = dependencies.find(({ name }) => name === 'pino') as Dependency
/** The problems when one package of those that are installed is another. */
const problemsWith = (change: Partial<Dependency>) =>
  licenceProblems(dependencies.map((each) => (each === pino ? { ...each, ...change } : each)))

test('the installed packages are in order', async () => {
  expect(await licenceProblems(dependencies)).toEqual([])
})

test.each(['MIT', '(Apache-2.0 AND BSD-3-Clause)', 'GPL-3.0-only OR MIT'])('%s is allowed', async (licence) => {
  expect(await problemsWith({ licence })).toEqual([])
})

test.each(['GPL-3.0-only', 'none', 'MIT AND GPL-3.0-only', 'MIT AND (GPL-2.0-only OR SSPL-1.0)'])(
  '%s is refused where it serves, and nowhere else',
  async (licence) => {
    expect(await problemsWith({ licence })).toEqual([expect.stringMatching('^pino is licensed under')])
    expect(await problemsWith({ licence, production: false })).toEqual([])
  },
)

test('a missing text of a licence is found', async () => {
  expect(await problemsWith({ folder: 'gateway' })).toEqual([expect.stringMatching('^pino comes without the text')])
})

test('each that we name is explained and used, and no other', async () => {
  expect(await problemsWith({ named: undefined })).toEqual([expect.stringMatching('a reason for pino, which is not')])
  const more: Dependency = { ...pino, name: 'left-pad' }
  expect(await licenceProblems([...dependencies, more])).toEqual([
    expect.stringMatching('^Nothing imports left-pad'),
    expect.stringMatching('why left-pad is there'),
  ])
})

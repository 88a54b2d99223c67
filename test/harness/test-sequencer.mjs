import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// Of the same version as jest, of which it is a part.
const require = createRequire(createRequire(import.meta.url).resolve('jest-cli'))
const { default: Sequencer } = require('@jest/test-sequencer')

/** What a file starts or borrows, in the order in which files run: those of a kind together, so that few stacks stand by. */
const kinds = [/startSuite|startStack|startPostgres|'npm'/, /clock: true/, /replicas: 2/, /sharedSuite/]

/** Runs files with a suite of their own first, as they take long, and short ones last, so that the workers end together. */
export default class extends Sequencer {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof Sequencer>['sort']>[0]} tests
   */
  async sort(tests) {
    const places = new Map(tests.map(({ path }) => [path, placeOf(path)]))
    const sorted = [...(await super.sort(tests))]
    return sorted.sort((one, other) => (places.get(one.path) ?? 0) - (places.get(other.path) ?? 0))
  }
}

/** @param {string} path */
function placeOf(path) {
  const source = readFileSync(path, 'utf8')
  const kind = kinds.findIndex((each) => each.test(source))
  return kind < 0 ? kinds.length : kind
}

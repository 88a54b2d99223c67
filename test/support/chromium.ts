import { describe } from '@jest/globals'
import { chromiumRemedy, findChromium } from '../../stack/setup/chromium.mjs'

/** Where Chromium is; undefined without one. */
export const chromiumPath = findChromium()

/** Tests in a browser; where there is none they are skipped, and said to be: nobody shall take them for passed. */
export function describeInChromium(name: string, tests: () => void): void {
  const run = chromiumPath === undefined ? describe.skip : describe
  run(chromiumPath === undefined ? `${name} (NOT RUN: ${chromiumRemedy})` : name, tests)
}

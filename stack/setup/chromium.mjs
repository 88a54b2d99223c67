import { existsSync } from 'node:fs'
import { findOnPath } from './python.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
/** Where macOS has it. */
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** What the tests of pages run in: what CHROMIUM_PATH names, or what is installed; undefined where there is none. */
export function findChromium() {
  const { CHROMIUM_PATH: named = '' } = process.env
  if (named !== '') return existsSync(named) ? named : undefined
  return names.map(findOnPath).find((file) => file !== undefined) ?? applications.find((file) => existsSync(file))
}

/** What to do where it is missing. */
export const chromiumRemedy =
  'install Chromium (`apt install chromium`) or Chrome, or name one by CHROMIUM_PATH, and run this again'

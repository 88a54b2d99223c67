import config from '../../jest.config.mjs'

/** What takes longer than the tests of `npm test` may, and needs more: `npm run clients:check`. */
export default {
  ...config,
  rootDir: '../..',
  testMatch: ['<rootDir>/clients/check/*.test.ts'],
  testSequencer: '<rootDir>/test/harness/test-sequencer.mjs',
  globalSetup: '<rootDir>/test/harness/jest-setup.mts',
  globalTeardown: '<rootDir>/test/harness/jest-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/harness/matchers.ts'],
  // One program at a time has the machine.
  maxWorkers: 1,
  testTimeout: 600_000,
}

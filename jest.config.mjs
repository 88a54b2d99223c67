/** Whether the long tests run too: those that load the suite for long, stop it at many moments, or wait for what it waits for. */
const isAll = process.env.TESTS === 'all'

export default {
  testMatch: ['<rootDir>/{bench,demo,gateway,services,stack,transfer,test}/**/*.test.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'node'],
  transform: { '\\.ts$': '@swc/jest' },
  testPathIgnorePatterns: ['/node_modules/', ...(isAll ? [] : [String.raw`\.long\.test\.ts$`])],
  modulePathIgnorePatterns: ['<rootDir>/\\.(build|data|tools)/'],
  globalSetup: './test/harness/jest-setup.mts',
  globalTeardown: './test/harness/jest-teardown.ts',
  setupFilesAfterEnv: ['./test/harness/matchers.ts'],
  testSequencer: './test/harness/test-sequencer.mjs',
  // Files wait for the suite as often as they load it; long ones load it all the time.
  maxWorkers: isAll ? 2 : 3,
  // Also of hooks that start the suite: a busy machine takes its time.
  testTimeout: 90_000,
}

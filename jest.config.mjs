export default {
  testMatch: ['<rootDir>/{bench,gateway,services,stack,transfer,test}/**/*.test.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'node'],
  transform: { '\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/\\.(build|data|tools)/'],
  globalSetup: './stack/jest-setup.mts',
  globalTeardown: './stack/jest-teardown.ts',
  setupFilesAfterEnv: ['./stack/matchers.ts'],
  testSequencer: './stack/test-sequencer.mjs',
  maxWorkers: 2,
  // Also of hooks that start the suite: a busy machine takes its time.
  testTimeout: 90_000,
}

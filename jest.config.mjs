export default {
  testMatch: ['<rootDir>/{gateway,services,stack,transfer,test}/**/*.test.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'node'],
  transform: { '\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/\\.(build|data|tools)/'],
  globalSetup: './stack/jest-setup.ts',
  globalTeardown: './stack/jest-teardown.ts',
  setupFilesAfterEnv: ['./stack/matchers.ts'],
  maxWorkers: 2,
  testTimeout: 30_000,
}

import { PYTHON_VARIABLE } from './python.ts'
import { findEnvoy } from './setup/binaries.mjs'
import { findPythonTools } from './setup/python-tools.mjs'
import { startTestCluster } from './test-cluster.ts'

/** The name under which a test file finds the cluster. */
export const CLUSTER_VARIABLE = 'HOTEL_TEST_CLUSTER'

declare global {
  var stopTestCluster: (() => Promise<void>) | undefined
}

/** Runs once before all test files, which inherit its environment. */
export default async function setUp(): Promise<void> {
  const { cluster, stop } = await startTestCluster()
  const envoy = await findEnvoy()
  if (envoy !== undefined) process.env.ENVOY_BIN = envoy
  process.env[PYTHON_VARIABLE] = JSON.stringify(await findPythonTools())
  process.env[CLUSTER_VARIABLE] = JSON.stringify(cluster)
  globalThis.stopTestCluster = stop
}

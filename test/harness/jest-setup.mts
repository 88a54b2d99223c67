import { findEnvoy } from '../../stack/setup/binaries.mjs'
import { findPythonTools } from '../../stack/setup/python-tools.mjs'
import { PYTHON_VARIABLE } from './python.ts'
import { openSuitePool } from './suite-pool.ts'
import { CLUSTER_VARIABLE, POOL_VARIABLE, startTestCluster } from './test-cluster.ts'

declare global {
  var stopTestCluster: (() => Promise<void>) | undefined
}

/** Runs once before all test files, which inherit its environment. */
export default async function setUp(): Promise<void> {
  const envoy = await findEnvoy()
  if (envoy !== undefined) process.env.ENVOY_BIN = envoy
  const { cluster, folder, stop } = await startTestCluster()
  const pool = await openSuitePool(cluster, folder)
  process.env[PYTHON_VARIABLE] = JSON.stringify(await findPythonTools())
  process.env[CLUSTER_VARIABLE] = JSON.stringify(cluster)
  process.env[POOL_VARIABLE] = pool.socket
  globalThis.stopTestCluster = async () => {
    await pool.close()
    await stop()
  }
}

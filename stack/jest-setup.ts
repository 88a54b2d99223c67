import { startTestCluster } from './test-cluster.ts'

/** The name under which a test file finds the cluster. */
export const CLUSTER_VARIABLE = 'HOTEL_TEST_CLUSTER'

declare global {
  var stopTestCluster: (() => Promise<void>) | undefined
}

/** Runs once before all test files, which inherit its environment. */
export default async function setUp(): Promise<void> {
  const { cluster, stop } = await startTestCluster()
  process.env[CLUSTER_VARIABLE] = JSON.stringify(cluster)
  globalThis.stopTestCluster = stop
}

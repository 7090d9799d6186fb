// Clusters over a network in memory, stopped after each test. What is about TCP, Noise or addresses: nodes.ts.

import { createTestCluster } from '../../src/testing/index.js'
import type { StandaloneGroupcache } from '../../src/index.js'
import type { TestCluster, TestClusterOptions } from '../../src/testing/index.js'

const running = new Set<TestCluster>()

/** Nodes named n0, n1, … that have all seen each other. Stopped by {@link stopClusters}. */
export async function testCluster (count: number, options?: TestClusterOptions): Promise<TestCluster> {
  const cluster = await createTestCluster(count, options)
  running.add(cluster)
  return cluster
}

/** As {@link testCluster}: its nodes. */
export async function testNodes (count: number, options?: TestClusterOptions): Promise<StandaloneGroupcache[]> {
  return [...(await testCluster(count, options)).nodes]
}

export async function stopClusters (): Promise<void> {
  const clusters = [...running]
  running.clear()
  await Promise.all(clusters.map(cluster => cluster.stop()))
}

/**
 * @packageDocumentation
 *
 * For your own tests: a cluster of real members in one process, over a network in memory that can be cut, and an
 * origin that counts.
 *
 * ```ts
 * import { createFakeOrigin, createTestCluster } from 'groupcache/testing'
 *
 * await using cluster = await createTestCluster(3)
 * const origin = createFakeOrigin()
 * const groups = cluster.group('users', { load: origin.load })
 * await Promise.all(groups.map(group => group.get('42')))
 * assert.equal(origin.calls('42'), 1)
 * ```
 */

import '../promise-with-resolvers.js'

export { createFakeOrigin } from './fake-origin.js'
export { createTestCluster } from './test-cluster.js'
export type { FakeOrigin, FakeOriginOptions, HeldLoads } from './fake-origin.js'
export type { PartitionKind } from './network.js'
export type { AddOptions, SettledOptions, TestClusterOptions, TestMemberOptions } from './options.js'
export type { TestCluster } from './test-cluster.js'

// How long a removal may take while nothing is wrong but that other members are frozen.

import { LEASE, MAX_STANDSTILL } from '../../../src/constants.js'
import type { Change } from './operations.js'
import type { SimNetwork } from './sim-network.js'
import type { SimNode } from './sim-node.js'

/**
 * With one member frozen: a lease, one more when the ring changes meanwhile, a standstill for the owner
 * that tells it again, and one for the remover that does so after it.
 */
const BESIDE_ONE = 2 * LEASE + 2 * MAX_STANDSTILL + 500
/** For each further one, one after the other: its lease, and a standstill until that begins to be waited for. */
const EACH_FURTHER = LEASE + MAX_STANDSTILL

export function longestBesideFrozen ({ calledAt }: Change, network: SimNetwork): number {
  const frozen = [...network.processes.values()].filter(({ isFrozen, wokenAt }) => isFrozen || wokenAt > calledAt)
  return BESIDE_ONE + EACH_FURTHER * Math.max(0, frozen.length - 1)
}

/** Nothing else has happened to the cluster, and neither the remover nor an owner was frozen. */
export function hasOnlyFrozen ({ node, what, owners, calledAt }: Change, network: SimNetwork, calmAfter: number): boolean {
  // everybody is an owner of what a tag has, and of all
  if (what === 'removeByTag' || what === 'clear') return false
  const wasAwake = (process: SimNode | undefined): boolean => process?.isUp === true && !process.isFrozen && process.wokenAt < calledAt - calmAfter
  return network.weather.spikes === 0 && network.upsetAt < calledAt - calmAfter && [node, ...owners].every(wasAwake)
}

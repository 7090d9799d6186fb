// Safeguards, each taken out in turn: what a simulation that does not find it missing is worth nothing.

import { Entry } from '../../../src/cache/entry.js'
import { GroupMemory } from '../../../src/cache/group-memory.js'
import { MovedValues } from '../../../src/cache/moved-values.js'
import { RpcNetwork } from '../../../src/cluster/rpc-network.js'
import { Announcer } from '../../../src/coherence/announcer.js'
import { CatchUp } from '../../../src/coherence/catch-up.js'
import { Coherence } from '../../../src/coherence/coherence.js'
import { Coordinator } from '../../../src/coherence/coordinator.js'
import { RecentRemovals } from '../../../src/coherence/recent-removals.js'
import { Standing } from '../../../src/coherence/standing.js'
import { Flights } from '../../../src/flight/flights.js'
import { CacheGroup } from '../../../src/group/cache-group.js'
import { Rpc } from '../../../src/rpc/rpc.js'
import { all, nothing, patch } from '../patch.js'
import type { TimingPreset } from '../../../src/interface/timing.js'
import type { PlanKind } from './plan.js'

export interface Mutation {
  name: string
  /** How patient members are where it matters. @default 'lan' */
  timing?: TimingPreset
  /** What befalls them. @default 'faults' */
  kind?: PlanKind
  /** The first seed that is tried, where that saves hundreds of runs. @default 0 */
  from?: number
  /** @returns what undoes it */
  apply: () => () => void
}

/** Has `inside` in force while a method of the coordinator runs, up to where it first waits. */
function duringCoordinator (name: 'remove' | 'set' | 'forget', inside: () => () => void, after?: () => void): () => void {
  return patch(Coordinator, name, original => function (this: Coordinator, ...args: never[]) {
    const undo = inside()
    try {
      const work = (original as (...args: never[]) => Promise<number>).apply(this, args)
      return after === undefined ? work : work.finally(after)
    } finally {
      undo()
    }
  })
}

/** The owner forgets when all others have. */
function forgetsLast (): () => void {
  const late: Array<() => void> = []
  return duringCoordinator('remove',
    () => patch(CacheGroup<unknown>, 'forget', original => function (this: CacheGroup<unknown>, removal) { late.push(() => { original.call(this, removal) }) }),
    () => { for (const forget of late.splice(0)) forget() })
}

/** Removals of keys pass over what this member holds for others. */
function missesMoved (): () => void {
  return patch(GroupMemory<unknown>, 'remove', original => function (this: GroupMemory<unknown>, key) {
    if (!this.moved.has(key)) original.call(this, key)
  })
}

/** A key that another member owned for a while is this one's again, with the value from before. */
function keepsWhatComesBack (): () => void {
  return patch(MovedValues<unknown>, 'reassign', original => function (this: MovedValues<unknown>, ring, now) {
    for (const { key } of this.list(() => now)) if (ring.owner(key) === ring.self) this.delete(key)
    original.call(this, ring, now)
  })
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'flights are not taken off their keys',
    apply: () => all(
      patch(Flights<unknown>, 'detach', () => nothing),
      patch(Flights<unknown>, 'detachAll', () => nothing),
      patch(Flights<unknown>, 'detachTagged', () => nothing)
    )
  },
  { name: 'flights may be joined whose tag was removed', apply: () => patch(Flights<unknown>, 'detachTagged', () => nothing) },
  {
    name: 'nobody waits until the others have confirmed',
    apply: () => patch(Announcer, 'tell', original => function (this: Announcer, ids, ticket, removal) {
      const told = [...ids]
      original.call(this, told, ticket, removal).catch(nothing)
      return Promise.resolve(told)
    })
  },
  {
    name: 'leases are not waited for',
    apply: () => all(
      patch(RpcNetwork, 'holders', () => () => new Map()),
      patch(Rpc, 'forget', original => function (this: Rpc, peer, ticket, removal) { return original.call(this, peer, ticket, removal, { timeout: 200 }) })
    )
  },
  // those who are less patient give up whom they have lost contact with before the lease ends, and drop its copies
  { name: 'copies are served without a lease', timing: 'wan', apply: () => patch(Entry<unknown>, 'isFresh', () => function (this: Entry<unknown>, now) { return now < this.freshUntil }) },
  { name: 'nobody catches up', apply: () => all(patch(CatchUp, 'with', () => async () => {}), patch(CatchUp, 'after', () => async () => {})) },
  // who hears that it was given up asks as well, so that has to be out for both of these
  { name: 'peers are answered before one has caught up with them', apply: () => all(patch(Coherence, 'onPeer', () => async () => {}), patch(Coherence, 'onGivenUp', () => nothing)) },
  {
    name: 'who was frozen answers from memory at once',
    apply: () => all(
      patch(Standing, 'start', () => function (this: Standing) { this.until = Infinity }),
      patch(Standing, 'suspendFor', () => async () => {})
    )
  },
  { name: 'the owner forgets last', apply: forgetsLast },
  { name: 'a set does not forget what was before', apply: () => duringCoordinator('set', () => patch(CacheGroup<unknown>, 'forget', () => nothing)) },
  { name: 'who is told tells nobody in its turn', apply: () => duringCoordinator('forget', () => patch(Announcer, 'tell', () => async () => [])) },
  // either end of a take-over sees to it alone, so both have to be out
  { name: 'what waits for its new owner is removed neither there nor by the one that takes it over', kind: 'deploys', apply: () => all(missesMoved(), patch(RecentRemovals, 'mayHave', () => () => false)) },
  { name: 'what waits for its new owner is not removed, and kept when it comes back', kind: 'deploys', apply: () => all(missesMoved(), keepsWhatComesBack()) },
  // one run in several hundred
  { name: 'what was held before the ring changed is held on to', from: 2_000, apply: () => all(patch(GroupMemory<unknown>, 'reassign', () => nothing), patch(Coherence, 'onGivenUp', () => nothing)) }
]

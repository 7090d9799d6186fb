// What a run is like: everything that is decided before it begins, by its seed.

import type { GroupOptions } from '../../../src/interface/group.js'
import type { Versioned } from './origin.js'
import type { Weather } from './sim-network.js'

export type FaultKind = 'freeze' | 'partition' | 'one way' | 'break' | 'crash' | 'join' | 'leave' | 'restart'

export interface Plan {
  nodes: number
  keys: string[]
  weather: Weather
  options: Partial<GroupOptions<Versioned>>
  rpcTimeout: number
  /** Callers' operations, and how many milliseconds they are spread over. */
  operations: number
  duration: number
  faults: FaultKind[]
  /** Parts of the loads. */
  failing: number
  slow: number
  hanging: number
  /** Milliseconds that timers are late at most. */
  lateness: number
  /** Operations more at each change of the ring that is made. */
  flurry: number
  /** Of the operations, those that remove or replace. */
  changes: number
}

const KINDS: FaultKind[] = ['freeze', 'freeze', 'freeze', 'freeze', 'partition', 'partition', 'one way', 'break', 'crash', 'join', 'join', 'leave']
/** What the ring changes by, more than by other faults. */
const DEPLOYS: FaultKind[] = ['restart', 'restart', 'restart', 'join', 'leave']

/** 'faults': anything may happen, to few. 'deploys': processes come and go, one after the other, with callers busy around it and other faults besides. */
export type PlanKind = 'faults' | 'deploys'

export function planOf (kind: PlanKind, random: () => number): Plan {
  const chance = (part: number): boolean => random() < part
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const isRough = chance(0.4)
  // some runs have one kind of fault, so that what it does is not hidden behind the others
  const only = chance(0.5) ? pick(KINDS) : undefined
  const plan: Plan = {
    nodes: pick([3, 3, 3, 4, 4, 5]),
    keys: Array.from({ length: between(4, 10) }, (_, i) => `k${i}`),
    weather: {
      latency: pick([0.05, 0.5, 3]),
      jitter: pick([0.5, 5, 20]),
      spikes: isRough ? pick([0.005, 0.02, 0.05]) : 0,
      spike: pick([100, 800, 3_000]),
      loss: pick([0, 0.1, 0.4])
    },
    options: optionsOf(chance, pick),
    rpcTimeout: pick([10_000, 10_000, 3_000]),
    operations: between(60, 130),
    duration: between(16_000, 30_000),
    faults: chance(0.1) ? [] : Array.from({ length: between(1, 6) }, () => only ?? pick(KINDS)),
    failing: chance(0.15) ? 0.1 : 0,
    slow: pick([0, 0.05, 0.2]),
    hanging: chance(0.1) ? 0.02 : 0,
    lateness: pick([0, 2, 20]),
    flurry: 0,
    changes: pick([0.15, 0.3, 0.45])
  }
  if (kind === 'faults') return plan
  const faults = Array.from({ length: between(3, 9) }, () => pick([...DEPLOYS, pick(KINDS)]))
  return { ...plan, faults, flurry: pick([10, 20, 40]) }
}

function optionsOf (chance: (part: number) => boolean, pick: <T>(from: readonly T[]) => T): Plan['options'] {
  const options: Plan['options'] = { loadTimeout: 8_000 }
  if (chance(0.15)) options.hot = false
  else if (chance(0.3)) options.hot = { promote: 'popular' }
  else if (chance(0.2)) options.hot = { ttl: 3_000, maxItems: 3 }
  if (chance(0.25)) options.ttl = pick([500, 4_000, 20_000])
  if (chance(0.15)) Object.assign(options, { ttl: pick([300, 2_000]), staleWhileRevalidate: pick([1_000, 30_000]) })
  if (chance(0.1)) Object.assign(options, { ttl: 1_000, staleIfError: 20_000 })
  if (chance(0.1)) options.errorTtl = 2_000
  if (chance(0.1)) options.maxBytes = 2_048
  if (chance(0.2)) options.loadLocallyOnLoadError = false
  if (chance(0.1)) options.maxConcurrentLoads = 2
  return options
}

// What a run is like: everything that is decided before it begins, by its seed.

import { TIMINGS } from '../../../src/membership/timing.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { Weather } from './weather.js'

export type FaultKind =
  'pause' | 'suspend' | 'jump' | 'partition' | 'one way' | 'flaky' | 'deaf' | 'break' | 'crash' | 'switch off' | 'restart' |
  'join' | 'leave' | 'move' | 'slander' | 'mass join' | 'mass leave' | 'mass crash'

export interface Plan {
  members: number
  preset: keyof typeof TIMINGS
  exchangeInterval: number
  weather: Weather
  /** Milliseconds that timers are late at most. */
  lateness: number
  /** Milliseconds over which the faults are spread. */
  duration: number
  faults: FaultKind[]
}

const KINDS: readonly FaultKind[] = [
  'pause', 'pause', 'pause', 'suspend', 'jump', 'partition', 'partition', 'one way', 'flaky', 'deaf', 'deaf', 'break', 'crash', 'crash', 'switch off',
  'restart', 'restart', 'join', 'leave', 'move', 'slander', 'mass join', 'mass leave', 'mass crash'
]
/** One run in so many is of a larger cluster. */
const LARGE_EVERY = 40

export function planOf (random: () => number): Plan {
  const chance = (part: number): boolean => random() < part
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const isLarge = random() * LARGE_EVERY < 1
  const isRough = chance(0.5)
  // some runs have one kind of fault, so that what it does is not hidden behind the others
  const only = chance(0.3) ? pick(KINDS) : undefined
  return {
    members: isLarge ? between(30, 60) : between(3, pick([4, 8, 12])),
    preset: pick(['lan', 'lan', 'lan', 'local', 'wan']),
    exchangeInterval: pick([5_000, 30_000]),
    weather: {
      latency: pick([0.1, 0.5, 5]),
      jitter: pick([0.5, 5, 20]),
      spikes: isRough ? pick([0, 0.01, 0.05]) : 0,
      spike: pick([100, 800, 3_000]),
      loss: isRough ? pick([0, 0.02, 0.1, 0.25]) : 0,
      duplicates: chance(0.3) ? 0.2 : 0,
      kind: pick(['stream', 'datagram'])
    },
    lateness: pick([0, 2, 20]),
    duration: between(8_000, isLarge ? 12_000 : 20_000),
    faults: chance(0.08) ? [] : Array.from({ length: between(1, 6) }, () => only ?? pick(KINDS))
  }
}

export function timingOf ({ preset, exchangeInterval }: Plan): Timing {
  return { ...TIMINGS[preset], exchangeInterval }
}

const OF_THE_NETWORK: ReadonlySet<FaultKind> = new Set(['partition', 'one way', 'flaky', 'deaf', 'slander'])

/** Whether the network carries what is said well enough that no member which is well is ever held dead. */
export function isFair ({ faults, weather: { loss, spikes } }: Plan): boolean {
  return loss <= 0.1 && spikes === 0 && !faults.some(kind => OF_THE_NETWORK.has(kind))
}

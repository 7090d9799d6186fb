// The options of a node, checked, with their defaults.

import { InvalidParametersError } from '@libp2p/interface'
import { DEFAULT_CLUSTER, DEFAULT_HAND_OVER_BYTES, DEFAULT_HAND_OVER_TIMEOUT, DEFAULT_RPC_TIMEOUT, MAX_STANDSTILL } from './constants.js'
import { bootstrap } from './discovery/bootstrap.js'
import { dns } from './discovery/dns.js'
import { host } from './discovery/host.js'
import { mdns } from './discovery/mdns.js'
import { pull } from './discovery/pull.js'
import { show } from './errors.js'
import { MAX_WEIGHT, MIN_WEIGHT } from './membership/member-record.js'
import { TIMINGS } from './membership/timing.js'
import { durationOption, nameOption, numberOption, oneOf, optionsObject } from './validation.js'
import type { Discovery, GroupcacheInit, MembershipInit, RpcInit } from './interface/groupcache.js'
import type { HandOverInit } from './interface/hand-over.js'
import type { Timing, TimingPreset } from './interface/timing.js'
import type { Decided } from './validation.js'

export interface Settings {
  cluster: string
  /** undefined = the peer id */
  name: string | undefined
  weight: number
  discovery: readonly Discovery[]
  membership: 'manual' | Timing
  rpcTimeout: number
  handOver: Decided<HandOverInit>
}

export const INIT_OPTIONS = ['cluster', 'name', 'weight', 'discovery', 'membership', 'rpc', 'handOver'] as const satisfies ReadonlyArray<keyof GroupcacheInit>

const PRESETS = Object.keys(TIMINGS) as TimingPreset[]
const TIMING_OPTIONS = Object.keys(TIMINGS.lan) as Array<keyof Timing>
/** Milliseconds; of each time that the membership has. */
const MIN_DURATION = 20
/** A member is not to be dead sooner: one that was frozen for MAX_STANDSTILL asks what it missed, and needs a moment to know that it was. */
const MIN_DEATH = MAX_STANDSTILL + 500

/** @throws InvalidParametersError naming the option, what was expected and what came */
export function settingsOf (init: GroupcacheInit): Settings {
  const known = optionsObject<GroupcacheInit>('options', init, INIT_OPTIONS)
  const rpc = optionsObject<RpcInit>('rpc', known.rpc, ['timeout'])
  return {
    cluster: known.cluster === undefined ? DEFAULT_CLUSTER : nameOption('cluster', known.cluster),
    name: known.name === undefined ? undefined : nameOption('name', known.name),
    weight: numberOption('weight', known.weight, { fallback: 1, min: MIN_WEIGHT, max: MAX_WEIGHT }),
    discovery: discoveryOf(known.discovery),
    membership: membershipOf(known.membership),
    handOver: handOverOf(known.handOver),
    rpcTimeout: durationOption('rpc.timeout', rpc.timeout, DEFAULT_RPC_TIMEOUT, 10)
  }
}

function handOverOf (handOver: HandOverInit | undefined): Settings['handOver'] {
  const { timeout, maxBytes } = optionsObject<HandOverInit>('handOver', handOver, ['timeout', 'maxBytes'])
  return {
    timeout: durationOption('handOver.timeout', timeout, DEFAULT_HAND_OVER_TIMEOUT, 0),
    maxBytes: numberOption('handOver.maxBytes', maxBytes, { fallback: DEFAULT_HAND_OVER_BYTES, min: 0 })
  }
}

/** They are functions as well as what they return. */
const MAKERS: readonly unknown[] = [mdns, host, bootstrap, dns, pull]

function discoveryOf (discovery: Discovery[] | undefined): readonly Discovery[] {
  if (discovery === undefined) return [mdns()]
  if (!Array.isArray(discovery) || !discovery.every(source => typeof source === 'function')) {
    throw new InvalidParametersError(`discovery: expected an array of sources such as mdns(), host(), bootstrap([…]), dns({…}) or pull(fn), got ${show(discovery)}`)
  }
  const uncalled = discovery.find(source => MAKERS.includes(source))
  if (uncalled !== undefined) throw new InvalidParametersError(`discovery: expected a source, which is what ${uncalled.name}(…) returns, got the function ${uncalled.name} itself`)
  return discovery
}

function membershipOf (membership: GroupcacheInit['membership']): Settings['membership'] {
  if (typeof membership === 'string' && oneOf('membership', membership, ['gossip', 'manual'], 'gossip') === 'manual') return 'manual'
  const { preset, ...known } = optionsObject<MembershipInit>('membership', typeof membership === 'string' ? undefined : membership, ['preset', ...TIMING_OPTIONS])
  const timing = { ...TIMINGS[oneOf('membership.preset', preset, PRESETS, 'lan')] }
  for (const name of TIMING_OPTIONS) {
    const what = `membership.${name}`
    timing[name] = name === 'indirectProbes' ? numberOption(what, known[name], { fallback: timing[name], min: 0, max: 16, integer: true }) : durationOption(what, known[name], timing[name], MIN_DURATION)
  }
  const { probeTimeout, suspicionMin, suspicionMax } = timing
  if (suspicionMax < suspicionMin) throw new InvalidParametersError(`membership.suspicionMax: expected at least suspicionMin, ${suspicionMin}, got ${suspicionMax}`)
  if (2 * probeTimeout + suspicionMin < MIN_DEATH) throw new InvalidParametersError(`membership: expected 2 · probeTimeout + suspicionMin of at least ${MIN_DEATH} ms, got 2 · ${probeTimeout} + ${suspicionMin}: who freezes for less keeps its keys`)
  return timing
}

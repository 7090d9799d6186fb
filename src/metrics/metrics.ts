// All metrics of a node, in one place, by the metrics interface of libp2p; docs/operating.md lists them.
//
// - `_total` is a counter, in seconds or bytes where its name says so; what has no suffix is calculated when it is read.
// - Labels are few and known: a group's name, a result, a state. Never a key, a peer or an address.
// - Getting a value costs nothing more: what groups count anyway is read when metrics are read.

import { Increments } from './increments.js'
import type { GroupcacheStats } from '../interface/groupcache.js'
import type { GroupStats } from '../interface/group.js'
import type { HandOverProgress } from '../interface/hand-over.js'
import type { Member } from '../interface/member.js'
import type { LoadOutcome, Observer, RequestKind } from '../observer.js'
import type { CounterGroup, HistogramGroup, Metrics } from '@libp2p/interface'

export interface NodeMetricsInit {
  metrics: Metrics
  stats: () => GroupcacheStats
  members: () => readonly Member[]
  /** Part of the keys that this node owns, from 0 to 1. */
  share: () => number
}

/** What a group's statistics count up, by the name of the statistic. */
const COUNTERS = {
  gets: ['groupcache_gets_total', 'Gets of this node\'s callers'],
  mainHits: ['groupcache_main_hits_total', 'Gets answered by the main cache, old values that are being renewed included'],
  staleHits: ['groupcache_stale_hits_total', 'Gets answered with an old value that is being renewed'],
  hotHits: ['groupcache_hot_hits_total', 'Gets answered by the hot cache'],
  joined: ['groupcache_joined_gets_total', 'Gets that joined one already under way'],
  peerHits: ['groupcache_peer_hits_total', 'Gets answered by another member'],
  loaded: ['groupcache_loaded_gets_total', 'Gets answered by a load on this node'],
  peerGets: ['groupcache_peer_gets_total', 'Requests sent to other members for a value'],
  peerErrors: ['groupcache_peer_errors_total', 'Requests to other members that brought no value'],
  loads: ['groupcache_loads_total', 'Runs of the loader on this node'],
  loadErrors: ['groupcache_load_errors_total', 'Runs of the loader that brought no value'],
  takenOver: ['groupcache_taken_over_total', 'Values that came from former owners in place of a load'],
  serverGets: ['groupcache_server_gets_total', 'Requests of other members for a value'],
  evictions: ['groupcache_evictions_total', 'Entries dropped to keep within the limits']
} as const satisfies Partial<Record<keyof GroupStats, readonly [string, string]>>

/** And what they say of this moment. */
const GAUGES = {
  items: ['groupcache_main_items', 'Values in the main cache'],
  bytes: ['groupcache_main_bytes', 'Bytes of the main cache, keys and bookkeeping included'],
  hotItems: ['groupcache_hot_items', 'Copies in the hot cache'],
  hotBytes: ['groupcache_hot_bytes', 'Bytes of the hot cache, keys and bookkeeping included']
} as const satisfies Partial<Record<keyof GroupStats, readonly [string, string]>>

/** Seconds. */
const LOAD_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const REQUEST_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class NodeMetrics implements Observer {
  readonly #ownerLoads: HistogramGroup
  readonly #standInLoads: HistogramGroup
  readonly #requests: HistogramGroup
  readonly #requestErrors: CounterGroup
  readonly #memberEvents: CounterGroup
  readonly #handedOver: CounterGroup
  readonly #increments = new Increments()

  constructor ({ metrics, stats, members, share }: NodeMetricsInit) {
    // the first to be registered, so that it is the first to be read: it brings the counters up to date
    metrics.registerMetric('groupcache_connections', {
      help: 'Open connections to other members',
      calculate: () => {
        const { connections, groups } = stats()
        this.#count(counters, results, groups)
        return connections
      }
    })
    const counters = Object.entries(COUNTERS).map(([statistic, [name, help]]) => ({
      statistic: statistic as keyof typeof COUNTERS, counter: metrics.registerCounterGroup(name, { label: 'group', help })
    }))
    const results = metrics.registerCounterGroup('groupcache_get_results_total', { label: 'result', help: 'Gets of all groups by where their value came from' })
    for (const [statistic, [name, help]] of Object.entries(GAUGES)) {
      metrics.registerMetricGroup(name, { label: 'group', help, calculate: () => mapValues(stats().groups, group => group[statistic as keyof typeof GAUGES]) })
    }
    metrics.registerMetricGroup('groupcache_members', { label: 'state', help: 'Members that this node sees, itself included', calculate: () => countStates(members()) })
    metrics.registerMetric('groupcache_ring_share', { help: 'Part of the keys that this node owns, from 0 to 1', calculate: share })
    this.#ownerLoads = metrics.registerHistogramGroup('groupcache_owner_load_duration_seconds', { label: 'outcome', help: 'Loads of keys that this node owns', buckets: LOAD_BUCKETS })
    this.#standInLoads = metrics.registerHistogramGroup('groupcache_stand_in_load_duration_seconds', { label: 'outcome', help: 'Loads in place of an owner that could not', buckets: LOAD_BUCKETS })
    this.#requests = metrics.registerHistogramGroup('groupcache_rpc_duration_seconds', { label: 'request', help: 'Requests to other members until they were answered; a ping is a probe\'s round trip', buckets: REQUEST_BUCKETS })
    this.#requestErrors = metrics.registerCounterGroup('groupcache_rpc_errors_total', { label: 'request', help: 'Requests to other members that failed, or were not answered' })
    this.#memberEvents = metrics.registerCounterGroup('groupcache_member_events_total', { label: 'event', help: 'Members that joined, left or failed, and changes of the ring' })
    this.#handedOver = metrics.registerCounterGroup('groupcache_hand_over_keys_total', { label: 'step', help: 'Keys offered to their new owners, and those that these took' })
  }

  loadEnded (isOwner: boolean, outcome: LoadOutcome, ms: number): void {
    (isOwner ? this.#ownerLoads : this.#standInLoads).observe({ [outcome]: ms / 1_000 })
  }

  answered (request: RequestKind, isFailure: boolean, ms: number): void {
    this.#requests.observe({ [request]: ms / 1_000 })
    if (isFailure) this.#requestErrors.increment({ [request]: true })
  }

  unanswered (request: RequestKind): void {
    this.#requestErrors.increment({ [request]: true })
  }

  event (event: 'join' | 'leave' | 'fail' | 'ring_change'): void {
    this.#memberEvents.increment({ [event]: true })
  }

  handOver ({ offered, taken, isDone }: HandOverProgress): void {
    this.#handedOver.increment({ offered: this.#increments.of('offered', offered), taken: this.#increments.of('taken', taken) })
    // the next one counts from nothing
    if (isDone) this.#increments.forget('offered', 'taken')
  }

  /** Of a calculated counter, some implementations take the sum and others what was added: so none is calculated. */
  #count (counters: ReadonlyArray<{ statistic: keyof typeof COUNTERS, counter: CounterGroup }>, results: CounterGroup, groups: GroupcacheStats['groups']): void {
    for (const { statistic, counter } of counters) {
      counter.increment(Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, this.#increments.of(`${statistic} ${name}`, group[statistic])])))
    }
    const sums = resultsOf(Object.values(groups))
    results.increment(mapValues(sums, (sum, result) => this.#increments.of(`result ${result}`, sum)))
  }
}

function resultsOf (groups: readonly GroupStats[]): Record<string, number> {
  const sum = (of: (group: GroupStats) => number): number => groups.reduce((all, group) => all + of(group), 0)
  return {
    main: sum(({ mainHits, staleHits }) => mainHits - staleHits),
    stale: sum(({ staleHits }) => staleHits),
    hot: sum(({ hotHits }) => hotHits),
    joined: sum(({ joined }) => joined),
    peer: sum(({ peerHits }) => peerHits),
    load: sum(({ loaded }) => loaded)
  }
}

function countStates (members: readonly Member[]): Record<string, number> {
  const counts: Record<string, number> = { alive: 0, suspect: 0 }
  for (const { state } of members) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function mapValues<A, B> (record: Record<string, A>, map: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]))
}

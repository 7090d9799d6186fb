// One process: a real member but for libp2p, in whose place is the simulated network.

import { depart } from '../../../src/cluster/departure.js'
import { RingCore } from '../../../src/cluster/ring-core.js'
import { CacheGroup } from '../../../src/group/cache-group.js'
import { GroupHandle } from '../../../src/group/group-handle.js'
import { groupSettings } from '../../../src/group/settings.js'
import { Membership } from '../../../src/membership/membership.js'
import { SimClock } from './sim-clock.js'
import { SimTransport, peerIdOf } from './sim-transport.js'
import type { GroupServer } from '../../../src/group/peers.js'
import type { GroupOptions } from '../../../src/interface/group.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { Cause, Host } from './sim-clock.js'
import type { ConnectionEnd } from './sim-connection.js'
import type { SimNetwork } from './sim-network.js'
import type { Origin, Versioned } from './origin.js'
import type { Trace } from './trace.js'
import type { Logger } from '@libp2p/interface'

const HAND_OVER_TIMEOUT = 5_000

const SEED_INTERVAL_ALONE = 1_500
const SEED_INTERVAL = 10_000

export interface SimNodeInit {
  network: SimNetwork
  id: string
  name: string
  origin: Origin
  options: Partial<GroupOptions<Versioned>>
  rpcTimeout: number
  timing: Timing
  random: () => number
  /** Milliseconds by which timers are late. */
  skew: () => number
  trace: Trace
}

/** What wakes a process first that was frozen. */
export type WakeOrder = 'as it came' | 'timers first' | 'io first'

export class SimNode implements Host {
  readonly id: string
  readonly name: string
  readonly clock: SimClock
  readonly network: SimNetwork
  readonly transport: SimTransport
  readonly membership: Membership
  readonly core: RingCore
  readonly cacheGroup: CacheGroup<Versioned>
  readonly group: GroupHandle<Versioned>
  readonly random: () => number
  isFrozen = false
  /** Its process does not exist any more. */
  isGone = false
  /** When it last took a member off its ring, by id. */
  readonly lostAt = new Map<string, number>()
  /** It does not take part any more. */
  isStopped = false
  frozenAt = -Infinity
  wokenAt = -Infinity
  /** When a peer last opened a stream to it. */
  contactedAt = -Infinity
  readonly #groups = new Map<string, GroupServer>()
  readonly #trace: Trace
  #held: Array<{ task: () => void, cause: Cause }> = []

  constructor ({ network, id, name, origin, options, rpcTimeout, timing, random, skew, trace }: SimNodeInit) {
    this.network = network
    this.id = id
    this.name = name
    this.random = random
    this.#trace = trace
    this.clock = new SimClock(network.scheduler, this, Math.floor(random() * 1e6), skew)
    this.transport = new SimTransport(this)
    const self: MemberRecord = { id, name, weight: 0.1, state: 'alive', incarnation: 0, since: 0, addresses: [] }
    const log = this.#logger()
    this.core = new RingCore({
      self,
      clock: this.clock,
      random,
      probeTimeout: timing.probeTimeout / 2,
      groups: this.#groups,
      onMember: (kind, member) => {
        const other = member.peerId.toString()
        if (kind !== 'join') this.lostAt.set(other, network.scheduler.now)
        trace.add(this.name, `sees ${kind} of`, trace.nameOf(other))
      },
      onRing: () => { network.disturbed() },
      makeOffers: (other, offers, onTaken, signal) => this.transport.offer(other, offers, onTaken, signal),
      onNameChecked: () => {},
      onHandOver: ({ reason, offered, taken, isDone }) => { if (isDone) trace.add(this.name, `has handed over ${taken} of ${offered} at a ${reason}`) },
      rpc: { protocol: '/rpc', timeout: rpcTimeout, dialler: this.transport, registrar: this.transport, log }
    })
    this.membership = new Membership({
      self,
      clock: this.clock,
      random,
      transport: this.transport.forMembership(),
      timing,
      onGivenUp: () => { this.core.givenUp() },
      onChange: change => {
        this.core.roster.apply(change)
        if (change.kind === 'fail') this.transport.abort(peerIdOf(change.member.id), new Error('it does not answer any more'))
      }
    })
    const settings = groupSettings<Versioned>({ ...options, load: (key, context) => origin.load(this, key, context) })
    const { peers } = this.core
    this.cacheGroup = new CacheGroup<Versioned>({ name: 'g', settings, peers, clock: this.clock, random, log })
    this.#groups.set('g', this.cacheGroup)
    this.group = new GroupHandle<Versioned>({ group: this.cacheGroup, ttl: settings.ttl, peers, clock: this.clock, random })
  }

  /** It runs, and takes part. */
  get isUp (): boolean {
    return !this.isGone && !this.isStopped
  }

  sees (): string {
    return [...this.core.view.ids].sort().join()
  }

  // ---- life ----

  start (seeds: readonly string[]): void {
    this.network.processes.set(this.id, this)
    this.network.upset()
    void this.core.rpc.start()
    this.core.open()
    this.membership.start([])
    this.core.view.put(this.membership.self)
    this.#findSeeds(seeds)
  }

  /** As a list of seeds is dialled: for ever, those who are no members; more often while this node is alone. */
  #findSeeds (seeds: readonly string[]): void {
    if (!this.isUp) return
    const { view } = this.core
    for (const id of seeds) {
      if (view.get(id) === undefined) void this.transport.tryConnect(id)
    }
    this.clock.setTimeout(() => { this.#findSeeds(seeds) }, view.size === 1 ? SEED_INTERVAL_ALONE : SEED_INTERVAL)
  }

  async leave (): Promise<void> {
    await depart({ membership: this.membership, handOver: this.core.handOver, clock: this.clock }, { timeout: HAND_OVER_TIMEOUT, maxBytes: Infinity })
    this.stop()
  }

  /** As the service does it. */
  stop (): void {
    if (!this.isUp) return
    this.membership.stop()
    this.isStopped = true
    this.core.close()
    void this.core.rpc.stop()
    this.core.view.clear()
    this.cacheGroup.close()
    this.transport.close()
    this.network.vanish(this)
  }

  crash (): void {
    this.isGone = true
    this.#held = []
    this.network.vanish(this)
  }

  // ---- frozen ----

  /** Does something in this process, as soon as it runs. */
  run (task: () => void): void {
    if (this.isGone) return
    if (this.isFrozen) this.hold(task, 'io')
    else task()
  }

  hold (task: () => void, cause: Cause): void {
    this.#held.push({ task, cause })
  }

  freeze (): void {
    this.isFrozen = true
    this.frozenAt = this.network.scheduler.now
    this.network.disturbed()
  }

  thaw (order: WakeOrder): void {
    if (!this.isFrozen) return
    this.isFrozen = false
    this.wokenAt = this.network.scheduler.now
    this.network.disturbed()
    const held = this.#held
    this.#held = []
    const first: Cause = order === 'timers first' ? 'timer' : 'io'
    const ordered = order === 'as it came' ? held : [...held.filter(({ cause }) => cause === first), ...held.filter(({ cause }) => cause !== first)]
    for (const { task, cause } of ordered) this.network.scheduler.after(0, task, this, cause)
  }

  // ---- what the network tells ----

  onConnection (end: ConnectionEnd): void {
    this.transport.onConnection(end)
  }

  onDisconnection (end: ConnectionEnd): void {
    this.network.disturbed()
    this.network.forget(end)
    this.transport.onDisconnection(end)
  }

  #logger (): Logger {
    const log = (format: unknown, ...args: unknown[]): void => {
      if (this.#trace.isOn) this.#trace.add(this.name, 'logs', this.#trace.format(format, args))
    }
    return Object.assign(log, { enabled: false, error: log, trace: log, newScope: () => this.#logger() })
  }
}

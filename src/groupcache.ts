// The service: its life, its groups, and the public face of the cluster.

import { NotStartedError, serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import { inspect } from 'node:util'
import { systemClock } from './clock.js'
import { Cluster } from './cluster/cluster.js'
import { Readiness } from './cluster/readiness.js'
import { Sources } from './discovery/sources.js'
import { DuplicateGroupError, show } from './errors.js'
import { abortReason } from './flight/abort-signal.js'
import { CacheGroup } from './group/cache-group.js'
import { GroupHandle } from './group/group-handle.js'
import { groupSettings } from './group/settings.js'
import { Life } from './life.js'
import { NodeMetrics } from './metrics/metrics.js'
import { settingsOf } from './settings.js'
import { nameOption, numberOption, objectOption, optionsObject, signalOption } from './validation.js'
import { warnOfRefusal, warnOfTakenName } from './warnings.js'
import type { HandOverLimits } from './cluster/hand-over.js'
import type { Group, GroupOptions } from './interface/group.js'
import type { Groupcache, GroupcacheComponents, GroupcacheEvents, GroupcacheInit, GroupcacheStats } from './interface/groupcache.js'
import type { Member } from './interface/member.js'
import type { AbortOptions, Logger, PeerId, Startable } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export class GroupcacheService extends TypedEventEmitter<GroupcacheEvents> implements Groupcache, Startable {
  readonly [Symbol.toStringTag] = 'groupcache'
  readonly [serviceCapabilities] = ['groupcache']
  readonly [serviceDependencies]: string[]
  readonly peerId: PeerId
  readonly name: string
  readonly cluster: string
  readonly #components: GroupcacheComponents
  readonly #log: Logger
  readonly #cluster: Cluster
  readonly #sources: Sources
  readonly #handOver: HandOverLimits
  readonly #groups = new Map<string, CacheGroup<unknown>>()
  readonly #metrics: NodeMetrics | undefined
  readonly #readiness = new Readiness(() => this.#cluster.core.names, () => this.members.length)
  readonly #life = new Life({ listen: () => this.#cluster.start(), join: () => this.#join(), leave: () => this.#leave(), end: () => this.#end() })

  /** Does no I/O. @param mayJoin - see RosterInit @throws InvalidParametersError when an option is wrong */
  constructor (components: GroupcacheComponents, init: GroupcacheInit = {}, mayJoin?: (id: string) => boolean) {
    super()
    const settings = settingsOf(init)
    this.#components = components
    this.#log = components.logger.forComponent('groupcache')
    this.peerId = components.peerId
    this.name = settings.name ?? components.peerId.toString()
    this.cluster = settings.cluster
    this.#handOver = settings.handOver
    const { metrics } = components
    if (metrics !== undefined) {
      const share = (): number => this.#cluster.view.shares().get(this.peerId.toString()) ?? 0
      this.#metrics = new NodeMetrics({ metrics, stats: () => this.stats(), members: () => this.members, share })
    }
    this[serviceDependencies] = settings.membership === 'manual' ? ['@libp2p/identify'] : ['@libp2p/identify', '@libp2p/pubsub']
    this.#cluster = new Cluster({
      components,
      cluster: settings.cluster,
      name: this.name,
      weight: settings.weight,
      since: Date.now(),
      membership: settings.membership,
      rpcTimeout: settings.rpcTimeout,
      clock: systemClock,
      random: Math.random,
      log: this.#log,
      groups: this.#groups,
      observer: this.#metrics,
      mayJoin,
      onMember: (kind, member) => {
        this.#metrics?.event(kind)
        this.safeDispatchEvent(`member:${kind}`, { detail: member })
        this.#readiness.recheck()
      },
      onNameChecked: taken => {
        if (taken !== undefined) warnOfTakenName(taken)
        this.#readiness.recheck()
      },
      onHandOver: progress => {
        this.#metrics?.handOver(progress)
        this.safeDispatchEvent('handover:progress', { detail: progress })
      },
      onRing: () => {
        this.#metrics?.event('ring_change')
        this.safeDispatchEvent('ring:change', { detail: { members: this.members } })
      }
    })
    const { admission } = this.#cluster
    this.#sources = new Sources({
      discovery: settings.discovery,
      context: {
        cluster: this.cluster,
        peerId: this.peerId,
        log: components.logger.forComponent('groupcache:discovery'),
        components,
        addresses: () => this.multiaddrs
      },
      finds: {
        isManual: settings.membership === 'manual',
        connect: (peer, options) => warnOfRefusal(admission.add(peer, { ...options, byUser: false })),
        isSettled: peer => this.#cluster.known.isSettled(peer),
        whose: address => this.#cluster.known.whose(address),
        replace: (peers, keep) => warnOfRefusal(admission.replace(peers, keep))
      },
      clock: systemClock,
      random: Math.random
    })
  }

  get multiaddrs (): Multiaddr[] {
    return this.#life.isStopped ? [] : this.#components.addressManager.getAddresses()
  }

  get members (): readonly Member[] {
    return this.#cluster.view.members
  }

  group<V> (name: string, options: GroupOptions<V>): Group<V> {
    nameOption('group name', name)
    const settings = groupSettings(options)
    if (this.#groups.has(name)) throw new DuplicateGroupError(name)
    const { peers } = this.#cluster
    const group = new CacheGroup<V>({ name, settings, peers, clock: systemClock, random: Math.random, log: this.#log, observer: this.#metrics })
    this.#groups.set(name, group as CacheGroup<unknown>)
    return new GroupHandle<V>({ group, ttl: settings.ttl, peers, clock: systemClock, random: Math.random })
  }

  // ---- members ----

  async addPeer (peer: string | Multiaddr, options?: AbortOptions): Promise<void> {
    const signal = signalOption('signal', optionsObject<AbortOptions>('options', options, ['signal']).signal)
    await this.#cluster.admission.add(peer, signal === undefined ? {} : { signal })
  }

  async removePeer (peer: string | PeerId | Multiaddr): Promise<void> {
    this.#cluster.admission.remove(peer)
  }

  async setPeers (peers: Iterable<string | Multiaddr>): Promise<void> {
    await this.#cluster.admission.replace(peers)
  }

  async ready (options: { members: number } & AbortOptions): Promise<void> {
    const known = optionsObject<typeof options>('options', objectOption('options', options), ['members', 'signal'])
    const wanted = numberOption('members', known.members, { fallback: 1, min: 1, integer: true })
    const signal = signalOption('signal', known.signal)
    if (this.isReadyWith(wanted)) return
    if (signal?.aborted === true) throw abortReason(signal)
    if (this.#life.isStopped) throw new NotStartedError('the node is not started, or was stopped')
    await this.#readiness.wait(wanted, signal)
  }

  /** Whether values that are another member's now are to be handed over to it, or just being. */
  get isHandingOver (): boolean {
    return this.#cluster.core.handOver.isPending
  }

  /** As `ready` asks for. @throws NameTakenError */
  isReadyWith (members: number): boolean {
    return !this.#life.isStopped && this.#readiness.isReady(members)
  }

  /** The member that is responsible for a key, in whichever group. */
  ownerOf (key: string): Member | undefined {
    const { view } = this.#cluster
    return view.get(view.owner(key) ?? '')
  }

  stats (): GroupcacheStats {
    const groups = Object.fromEntries([...this.#groups].map(([name, group]) => [name, group.stats()]))
    const connections = this.members.filter(member => this.#cluster.isConnected(member.peerId)).length
    return { members: this.members.length, connections, groups }
  }

  // ---- life: the node calls these, see life.ts ----

  beforeStart (): void {
    this.#life.beforeStart()
  }

  start (): Promise<void> {
    return this.#life.start()
  }

  afterStart (): Promise<void> {
    return this.#life.afterStart()
  }

  beforeStop (): Promise<void> {
    return this.#life.beforeStop()
  }

  stop (): Promise<void> {
    return this.#life.stop()
  }

  async #join (): Promise<void> {
    // 1. it waits until the node listens; 2. the node cannot, and is stopped; 3. nothing is to be looked for any more
    if (await this.#cluster.join()) await this.#sources.start()
  }

  async #leave (): Promise<void> {
    await this.#sources.stop()
    await this.#cluster.leave(this.#handOver)
  }

  async #end (): Promise<void> {
    this.#readiness.fail(new NotStartedError('the node was stopped'))
    await this.#cluster.stop()
    for (const group of this.#groups.values()) group.close()
  }

  /** Goes without a goodbye, and hands over nothing. To be followed by {@link stop}. */
  protected async abandon (): Promise<void> {
    if (!this.#life.abandon()) return
    this.#cluster.abandon()
    for (const group of this.#groups.values()) group.close()
    await this.#sources.stop()
  }

  /** How `console.log` shows it. */
  [inspect.custom] (): string {
    return `Groupcache { cluster: ${show(this.cluster)}, name: ${show(this.name)}, members: ${this.members.length}, groups: ${[...this.#groups.keys()].map(show).join(', ')} }`
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.stop()
  }
}

/**
 * Groupcache as a service of a libp2p node that the application already runs. The node needs the
 * identify service and, unless `membership` is 'manual', gossipsub as `pubsub`, with `gossipsubSettings`.
 *
 * @throws InvalidParametersError when an option is wrong
 */
export function groupcache (init: GroupcacheInit = {}): (components: GroupcacheComponents) => Groupcache {
  // checked now, where the mistake was made, and not when the node is built
  settingsOf(init)
  return components => new GroupcacheService(components, init)
}

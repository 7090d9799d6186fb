// Groups of several nodes in one process, wired to each other by function calls: no libp2p, no ring.

import { peerIdFromString } from '@libp2p/peer-id'
import { Lease } from '../../src/cache/lease.js'
import { Coherence } from '../../src/coherence/coherence.js'
import { LEASE } from '../../src/constants.js'
import { GroupNotFoundError, PeerUnreachableError } from '../../src/errors.js'
import { Cancellation } from '../../src/flight/abortable.js'
import { CacheGroup } from '../../src/group/cache-group.js'
import { GroupHandle } from '../../src/group/group-handle.js'
import { groupSettings } from '../../src/group/settings.js'
import { RemoteFailure, toFailure } from '../../src/rpc/remote-failure.js'
import { FakeClock } from './fake-clock.js'
import { fakeLog } from './fake-log.js'
import { seeded } from './seeds.js'
import type { Clock, Timer } from '../../src/clock.js'
import type { CoherenceNetwork } from '../../src/coherence/network.js'
import type { FetchOptions, FormerOwner, Peers } from '../../src/group/peers.js'
import type { GroupOptions, Member } from '../../src/index.js'
import type { Ask, Value } from '../../src/rpc/ask.js'
import { isMoved, toKeep } from '../../src/rpc/ask.js'
import type { Receiver } from '../../src/rpc/value-request.js'
import type { Removal, Replacement } from '../../src/rpc/removal.js'

const PEER_IDS = [
  '12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg',
  '12D3KooWCACr4LciSpr5KCvPXH4WFDRnNzxHJLUDHTfQSjRXs9Hi',
  '12D3KooWGAvobtmvxV6wyd4UQ3QYgtGBiTDpzoyLwjfHkH1Fu4dF',
  '12D3KooWERwfiez4KRE7Yzh1kCpUqfRjPNJiBfEgSkMAJMXiieR1'
] as const

/** What a request is for, as tests name it. */
export type Verb = Ask | 'remove' | 'forget' | 'set' | 'catch-up'

export class GroupNetwork {
  readonly clock = new FakeClock()
  readonly nodes = new Map<string, GroupNode>()
  /** Requests made, as 'a→b get key'. */
  readonly requests: string[] = []
  /** Awaited before a request is worked on, as when it is long on its way; a test may hold it up here. */
  beforeWork: (from: string, to: string, verb: Verb) => void | Promise<void> = () => {}
  /** Awaited before an answer goes back; a test may hold it up here. */
  beforeAnswer: (from: string, to: string, verb: Verb) => void | Promise<void> = () => {}

  /** Nodes of these names. For every key the first one is the owner, the second one its successor, and so on. */
  constructor (...names: string[]) {
    for (const name of names) this.nodes.set(name, new GroupNode(this, name, names, this.nodes.size))
  }

  node (name: string): GroupNode {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }

  /** Nobody can reach a node, and whether it is dead nobody knows. */
  loseTouch (name: string): void {
    const node = this.node(name)
    node.isUp = node.isGone = false
  }

  /** Its event loop stands still: its timers wait, and so do requests to it. */
  freeze (name: string): void {
    this.node(name).clock.freeze()
  }

  /** It goes on, with everything that waited. */
  thaw (name: string): void {
    this.node(name).clock.thaw()
  }

  /** As when streams are opened again: each side asks the other one what it missed before it answers it. */
  async findAgain (name: string): Promise<void> {
    const node = this.node(name)
    node.isUp = node.isGone = true
    for (const other of this.nodes.values()) {
      if (other !== node && other.cacheGroup !== undefined) await Promise.all([node.coherence.onPeer(other.self), other.coherence.onPeer(name)])
    }
  }

  /** A new ring, for the nodes named or for all. */
  setRing (ring: string[], ...names: string[]): void {
    for (const name of names.length > 0 ? names : this.nodes.keys()) {
      const node = this.node(name)
      node.ring = ring
      node.cacheGroup?.onRingChange()
      node.coherence.onRingChange()
    }
  }
}

/** The network's clock, as one process has it: one that may be frozen. */
class NodeClock implements Clock {
  readonly #clock: FakeClock
  #frozen: PromiseWithResolvers<void> | undefined
  #late: Array<() => void> = []

  constructor (clock: FakeClock) {
    this.#clock = clock
  }

  /** Resolves when it is not frozen. */
  get awake (): Promise<void> | undefined {
    return this.#frozen?.promise
  }

  now (): number {
    return this.#clock.now()
  }

  setTimeout (task: () => void, ms: number): Timer {
    const timer = this.#clock.setTimeout(() => {
      if (this.#frozen === undefined) task()
      else this.#late.push(task)
    }, ms)
    return timer
  }

  clearTimeout (timer: Timer): void {
    this.#clock.clearTimeout(timer)
  }

  freeze (): void {
    this.#frozen = Promise.withResolvers()
  }

  thaw (): void {
    const late = this.#late
    this.#late = []
    this.#frozen?.resolve()
    this.#frozen = undefined
    for (const task of late) task()
  }
}

export class GroupNode implements Peers {
  isOpen = true
  /** Whether others can reach it. */
  isUp = true
  /** When it is not up: whether that is for certain the end of it. */
  isGone = true
  former: FormerOwner | undefined
  ring: string[]
  cacheGroup: CacheGroup<unknown> | undefined
  #handle: GroupHandle<unknown> | undefined
  readonly self: string
  readonly clock: NodeClock
  /** Whether this process was frozen is asked only of one that {@link mayFreeze}: for the others time may jump. */
  standing: { readonly until: number } = { until: Infinity }
  readonly coherence: Coherence
  readonly #network: GroupNetwork
  readonly #member: Member
  readonly #groups = new Map<string, CacheGroup<unknown>>()
  /** Of this node at others. */
  readonly #leases = new Map<string, Lease>()
  /** Of others at this node, and until when. */
  readonly #holders = new Map<string, number>()

  constructor (network: GroupNetwork, self: string, ring: string[], index: number) {
    this.#network = network
    this.self = self
    this.ring = ring
    const peerId = peerIdFromString(PEER_IDS[index] ?? PEER_IDS[0])
    this.#member = { peerId, name: self, self: false, state: 'alive', weight: 1, incarnation: 0, multiaddrs: [] }
    this.clock = new NodeClock(network.clock)
    this.coherence = new Coherence({
      network: this.#coherenceNetwork(),
      groups: this.#groups,
      group: name => {
        const group = this.#groups.get(name)
        if (group === undefined) throw new GroupNotFoundError(name)
        return group
      },
      clock: this.clock,
      random: seeded(index),
      log: fakeLog()
    })
    this.coherence.start()
    this.coherence.standing.stop()
    this.coherence.standing.until = Infinity
  }

  /** From now on it answers from memory only if it was not frozen. */
  mayFreeze (): void {
    this.coherence.standing.start()
    this.standing = this.coherence.standing
  }

  get peerId (): Member['peerId'] {
    return this.#member.peerId
  }

  /** The group of this node, as its callers have it. */
  get handle (): GroupHandle<unknown> {
    if (this.#handle === undefined) throw new Error(`${this.self} has no group`)
    return this.#handle
  }

  /** The group of this node; its loader says where it ran unless `options` has another. */
  group<V = string> (options: Partial<GroupOptions<V>> = {}, random: () => number = () => 0): GroupHandle<V> & Pick<CacheGroup<V>, 'serve' | 'close' | 'onTakeOverEnd'> {
    const settings = groupSettings<V>({ load: key => `${key} from ${this.self}` as V, ...options })
    const { clock } = this
    const group = new CacheGroup<V>({ name: 'g', settings, peers: this, clock, random, log: fakeLog() })
    this.cacheGroup = group as CacheGroup<unknown>
    this.#groups.set('g', this.cacheGroup)
    const handle = new GroupHandle<V>({ group, ttl: settings.ttl, peers: this, clock, random })
    this.#handle = handle as GroupHandle<unknown>
    return Object.assign(handle, {
      serve: group.serve.bind(group),
      close: () => { group.close() },
      onTakeOverEnd: () => { group.onTakeOverEnd() }
    })
  }

  regain (): Promise<void> {
    return this.coherence.standing.regain()
  }

  owner (): string | undefined {
    return this.ring[0]
  }

  successor (): string | undefined {
    return this.ring[1]
  }

  after (_key: string, member: string): string | undefined {
    return this.ring[this.ring.indexOf(member) + 1]
  }

  get members (): readonly string[] {
    return this.ring
  }

  isOwner (): boolean {
    return this.ring[0] === this.self
  }

  member (id: string): Member {
    if (!this.ring.includes(id)) throw new PeerUnreachableError(id, 'it is no member any more')
    return { ...this.#network.node(id).#member, self: id === this.self }
  }

  formerOwners (group: string, key: string): readonly FormerOwner[] {
    const { former } = this
    return former === undefined || this.mayBeRemoved(group, key, [], former.since) ? [] : [former]
  }

  mayBeRemoved (group: string, key: string, tags: readonly string[], since: number): boolean {
    return this.coherence.recent.mayHave(group, key, tags, since)
  }

  lease (id: string): Lease | undefined {
    return this.#leases.get(id)
  }

  ask (id: string, group: string, key: string, ask: Ask, receiver: Receiver): void {
    this.fetch(id, group, key, ask, { caller: receiver }).then(value => { receiver.answered(value) }, (err: unknown) => { receiver.failed(err) })
  }

  async fetch (id: string, _group: string, key: string, ask: Ask, { timeout, caller }: FetchOptions = {}): Promise<Value | undefined> {
    const there = new Cancellation()
    const over = Promise.withResolvers<never>()
    caller?.whenAborted(reason => {
      there.abort(reason)
      over.reject(reason)
    })
    const { clock } = this.#network
    const timer = timeout === undefined ? undefined : clock.setTimeout(() => { over.reject(new Error(`no answer within ${timeout} ms`)) }, timeout)
    const sentAt = clock.now()
    try {
      const value = await Promise.race([over.promise, this.#request(id, isMoved(ask) ? 'moved' : ask, key, async node => {
        if (node.cacheGroup === undefined) throw new GroupNotFoundError('g')
        return toKeep(node.cacheGroup.serve(key, ask, there))
      })])
      return value === undefined ? undefined : { ...value, lease: this.#renew(id, sentAt) }
    } finally {
      if (timer !== undefined) clock.clearTimeout(timer)
    }
  }

  async touch (id: string): Promise<Lease | 'dead' | 'lost'> {
    const there = this.#network.node(id)
    if (!there.isUp) return there.isGone ? 'dead' : 'lost'
    return this.#renew(id, this.#network.clock.now())
  }

  remove (removal: Removal, signal?: AbortSignal): Promise<void> {
    return this.coherence.remove(removal, signal)
  }

  set (replacement: Replacement, signal?: AbortSignal): Promise<void> {
    return this.coherence.set(replacement, signal)
  }

  #renew (id: string, sentAt: number): Lease {
    const until = sentAt + LEASE
    const now = this.#network.clock.now()
    this.#network.node(id).#holders.set(this.self, now + LEASE)
    const known = this.#leases.get(id)
    if (known?.isRunning(now) === true) {
      known.until = Math.max(known.until, until)
      return known
    }
    const lease = new Lease(id, until)
    this.#leases.set(id, lease)
    return lease
  }

  #coherenceNetwork (): CoherenceNetwork {
    const textOf = (removal: Removal): string => removal.kind === 'keys' ? removal.keys.join() : removal.kind === 'tag' ? `tag ${removal.tag}` : 'all'
    return {
      self: this.self,
      peerId: id => this.#network.node(id).peerId,
      members: () => this.ring.filter(id => id !== this.self),
      owner: () => this.owner(),
      successor: () => this.successor(),
      holders: () => this.#holders,
      lease: id => this.#leases.get(id),
      lastContact: id => { const until = this.#leases.get(id)?.until; return until === undefined ? undefined : until - LEASE },
      isGone: id => !this.#network.node(id).isUp && this.#network.node(id).isGone,
      // nobody has streams to others than members here
      partWithUntold: () => {},
      // who cannot be reached does not hear of that either: its lease runs to its end
      revoke: () => { for (const node of this.#network.nodes.values()) node.#leases.get(this.self)?.end() },
      retry: () => {},
      cut: id => { if (this.#network.node(id).isUp) this.#network.node(id).#leases.get(this.self)?.end() },
      remove: (id, ticket, removal, hop) => this.#request(id, 'remove', textOf(removal), node => node.coherence.serveRemove(ticket, removal, hop)),
      set: (id, ticket, replacement, hop) => this.#request(id, 'set', replacement.key, node => node.coherence.serveSet(ticket, replacement, hop)),
      forget: (id, ticket, removal) => this.#request(id, 'forget', textOf(removal), node => node.coherence.serveForget(this.self, ticket, removal)),
      ping: async () => {},
      catchUp: (id, elapsed) => this.#request(id, 'catch-up', `${elapsed}`, async node => node.coherence.serveCatchUp(elapsed))
    }
  }

  async #request<T> (id: string, verb: Verb, what: string, work: (node: GroupNode) => Promise<T>): Promise<T> {
    const { peerId } = this.#network.node(id)
    this.#network.requests.push(`${this.self}→${id} ${verb} ${what}`)
    await this.#network.beforeWork(this.self, id, verb)
    const there = this.#network.node(id)
    while (there.clock.awake !== undefined) await there.clock.awake
    if (!there.isUp) throw new PeerUnreachableError(id, 'it is down', undefined, there.isGone)
    let answer: { value: T } | RemoteFailure
    try {
      answer = { value: await work(there) }
    } catch (err) {
      const { status, message } = toFailure(err)
      answer = new RemoteFailure(status, message)
    }
    await this.#network.beforeAnswer(this.self, id, verb)
    if (!there.isUp) throw new PeerUnreachableError(id, 'the connection was lost')
    if (answer instanceof RemoteFailure) throw answer.toError('g', what, peerId)
    return answer.value
  }
}

/** A promise that a test settles, and the loader that waits for it. */
export function gate<T = string> (): PromiseWithResolvers<T> & { calls: string[], load: (key: string) => Promise<T> } {
  const resolvers = Promise.withResolvers<T>()
  const calls: string[] = []
  return {
    ...resolvers,
    calls,
    load: key => {
      calls.push(key)
      return resolvers.promise
    }
  }
}

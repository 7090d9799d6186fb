// Groups of several nodes in one process, wired to each other by function calls: no libp2p, no ring.

import { peerIdFromString } from '@libp2p/peer-id'
import { PeerUnreachableError } from '../../src/errors.js'
import { CacheGroup } from '../../src/group/cache-group.js'
import { groupSettings } from '../../src/group/settings.js'
import { RemoteFailure, toFailure } from '../../src/rpc/remote-failure.js'
import { FakeClock } from './fake-clock.js'
import { fakeLog } from './fake-log.js'
import type { Peers } from '../../src/group/peers.js'
import type { GroupOptions, Member } from '../../src/index.js'
import type { Ask, Value } from '../../src/rpc/ask.js'

const PEER_IDS = [
  '12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg',
  '12D3KooWCACr4LciSpr5KCvPXH4WFDRnNzxHJLUDHTfQSjRXs9Hi',
  '12D3KooWGAvobtmvxV6wyd4UQ3QYgtGBiTDpzoyLwjfHkH1Fu4dF',
  '12D3KooWERwfiez4KRE7Yzh1kCpUqfRjPNJiBfEgSkMAJMXiieR1'
] as const

export class GroupNetwork {
  readonly clock = new FakeClock()
  readonly nodes = new Map<string, GroupNode>()
  /** Requests made, as 'a→b get key'. */
  readonly requests: string[] = []
  /** Awaited before an answer goes back; a test may hold it up here. */
  beforeAnswer: (from: string, to: string, ask: Ask | 'remove') => void | Promise<void> = () => {}

  /** Nodes of these names. For every key the first one is the owner, the second one its successor, and so on. */
  constructor (...names: string[]) {
    for (const name of names) this.nodes.set(name, new GroupNode(this, name, names, this.nodes.size))
  }

  node (name: string): GroupNode {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }

  /** A new ring, for the nodes named or for all. */
  setRing (ring: string[], ...names: string[]): void {
    for (const name of names.length > 0 ? names : this.nodes.keys()) {
      const node = this.node(name)
      node.ring = ring
      node.cacheGroup?.onRingChange()
    }
  }
}

export class GroupNode implements Peers {
  isOpen = true
  /** Whether others can reach it. */
  isUp = true
  previous: string | undefined
  ring: string[]
  cacheGroup: CacheGroup<unknown> | undefined
  readonly self: string
  readonly #network: GroupNetwork
  readonly #member: Member

  constructor (network: GroupNetwork, self: string, ring: string[], index: number) {
    this.#network = network
    this.self = self
    this.ring = ring
    const peerId = peerIdFromString(PEER_IDS[index] ?? PEER_IDS[0])
    this.#member = { peerId, name: self, self: false, state: 'alive', weight: 1, incarnation: 0, multiaddrs: [] }
  }

  get peerId (): Member['peerId'] {
    return this.#member.peerId
  }

  /** The group of this node; its loader says where it ran unless `options` has another. */
  group<V = string> (options: Partial<GroupOptions<V>> = {}): CacheGroup<V> {
    const settings = groupSettings<V>({ load: key => `${key} from ${this.self}` as V, ...options })
    const group = new CacheGroup<V>({ name: 'g', settings, peers: this, clock: this.#network.clock, log: fakeLog() })
    this.cacheGroup = group as CacheGroup<unknown>
    return group
  }

  owner (): string | undefined {
    return this.ring[0]
  }

  successor (): string | undefined {
    return this.ring[1]
  }

  isOwner (): boolean {
    return this.ring[0] === this.self
  }

  member (id: string): Member {
    if (!this.ring.includes(id)) throw new PeerUnreachableError(id, 'it is no member any more')
    return { ...this.#network.node(id).#member, self: id === this.self }
  }

  previousOwner (): string | undefined {
    return this.previous
  }

  async fetch (id: string, _group: string, key: string, ask: Ask, options: { timeout?: number } = {}): Promise<Value | undefined> {
    const answer = this.#request(id, ask, key, group => group.serve(key, ask))
    if (options.timeout === undefined) return answer
    const { clock } = this.#network
    const late = Promise.withResolvers<never>()
    const timer = clock.setTimeout(() => { late.reject(new Error(`no answer within ${options.timeout} ms`)) }, options.timeout)
    try {
      return await Promise.race([answer, late.promise])
    } finally {
      clock.clearTimeout(timer)
    }
  }

  async removeAt (id: string, _group: string, key: string): Promise<void> {
    await this.#request(id, 'remove', key, async group => {
      await group.serveRemove(key)
      return undefined
    })
  }

  async #request (id: string, ask: Ask | 'remove', key: string, work: (group: CacheGroup<unknown>) => Value | undefined | Promise<Value | undefined>): Promise<Value | undefined> {
    const member = this.member(id)
    this.#network.requests.push(`${this.self}→${id} ${ask} ${key}`)
    await Promise.resolve()
    const there = this.#network.node(id)
    if (!there.isUp || there.cacheGroup === undefined) throw new PeerUnreachableError(id, 'it is down')
    let answer: Value | RemoteFailure | undefined
    try {
      const value = await work(there.cacheGroup)
      // copied, as the wire does
      answer = value === undefined ? undefined : { ...value, bytes: Uint8Array.from(value.bytes) }
    } catch (err) {
      const { status, message } = toFailure(err)
      answer = new RemoteFailure(status, message)
    }
    await this.#network.beforeAnswer(this.self, id, ask)
    if (!there.isUp) throw new PeerUnreachableError(id, 'the connection was lost')
    if (answer instanceof RemoteFailure) throw answer.toError('g', key, member.peerId)
    return answer
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

// What is to be seen of a member: its cluster, its counts, its hottest keys, and how they were a moment ago. For the status, the
// page and the command line.

import { performance } from 'node:perf_hooks'
import type { Door } from './context.js'
import type { HotKey } from './sampler.js'
import type { GroupStats } from '../interface/group.js'
import type { GroupcacheEvents } from '../interface/groupcache.js'
import type { Member } from '../interface/member.js'

export interface MemberView {
  name: string
  peerId: string
  self: boolean
  state: Member['state']
  weight: number
  incarnation: number
  multiaddrs: string[]
  /** Part of the keys that it owns, from 0 to 1, by a sample of 4,096 keys. */
  share: number
  /** Milliseconds since this side door first saw it, or, of one that is gone, since that. */
  since: number
}

/** What happened in a second, of this member's groups together. */
export interface Rates {
  gets: number
  hits: number
  peerGets: number
  serverGets: number
  loads: number
  errors: number
}

export interface ClusterEvent {
  kind: 'join' | 'leave' | 'fail'
  name: string
  /** Milliseconds since. */
  ago: number
}

export interface Status {
  /** Tells a side door from other servers. */
  service: 'groupcache'
  cluster: string
  name: string
  peerId: string
  /** Milliseconds that the side door is open. */
  uptime: number
  members: number
  connections: number
  served: string[]
  groups: Record<string, GroupStats>
  memory: { rss: number, heapUsed: number, cached: number }
}

export interface Snapshot extends Omit<Status, 'members'> {
  members: MemberView[]
  rates: Rates
  hottest: HotKey[]
  events: ClusterEvent[]
}

const SECOND = 1_000
/** Seconds of rates that are remembered, for a page that was just opened. */
const HISTORY = 120
const SAMPLE_KEYS = Array.from({ length: 4_096 }, (_, i) => `share/${i}`)
const MAX_EVENTS = 50
/** For so long members that have gone are shown. */
const GONE_SHOWN = 60_000
const MAX_GONE = 50
/** Seconds after which the counts of hot keys are halved. */
const HALF_LIFE = 10
const NO_RATES: Rates = { gets: 0, hits: 0, peerGets: 0, serverGets: 0, loads: 0, errors: 0 }

export class Board {
  /** Oldest first, one a second. */
  readonly history: Rates[] = []
  readonly #door: Door
  readonly #openedAt = performance.now()
  readonly #firstSeen = new Map<string, number>()
  /** By peer id, in the order in which they went. */
  readonly #gone = new Map<string, { member: Member, at: number }>()
  readonly #events: Array<{ kind: ClusterEvent['kind'], name: string, at: number }> = []
  readonly #listeners = new Set<() => void>()
  readonly #timer: NodeJS.Timeout
  readonly #undo: Array<() => void> = []
  #shares: Map<string, number> | undefined
  #totals: Rates
  #seconds = 0

  constructor (door: Door) {
    this.#door = door
    this.#totals = this.#sum()
    for (const kind of ['join', 'leave', 'fail'] as const) this.#listen(`member:${kind}`, event => { this.#onMember(kind, event.detail) })
    this.#listen('ring:change', () => { this.#shares = undefined })
    for (const member of door.settings.cache.members) this.#firstSeen.set(member.peerId.toString(), performance.now())
    this.#timer = setInterval(() => { this.#tick() }, SECOND).unref()
  }

  /** Calls `listener` each second, and whenever a member comes or goes. @returns what ends that */
  watch (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  status (): Status {
    const { cache } = this.#door.settings
    const { groups, members, connections } = cache.stats()
    const { rss, heapUsed } = process.memoryUsage()
    const cached = Object.values(groups).reduce((sum, { bytes, hotBytes }) => sum + bytes + hotBytes, 0)
    return {
      service: 'groupcache',
      cluster: cache.cluster,
      name: cache.name,
      peerId: cache.peerId.toString(),
      uptime: Math.round(performance.now() - this.#openedAt),
      members,
      connections,
      served: [...this.#door.groups.keys()],
      groups,
      memory: { rss, heapUsed, cached }
    }
  }

  /** By name; those that have gone lately among them. */
  members (): MemberView[] {
    const now = performance.now()
    const shares = this.#shares ??= this.#share()
    const view = (member: Member, since: number): MemberView => {
      const { name, self, state, weight, incarnation } = member
      const peerId = member.peerId.toString()
      return { name, peerId, self, state, weight, incarnation, multiaddrs: member.multiaddrs.map(String), share: shares.get(peerId) ?? 0, since: Math.round(now - since) }
    }
    const present = this.#door.settings.cache.members.map(member => view(member, this.#firstSeen.get(member.peerId.toString()) ?? now))
    const gone = [...this.#gone.values()].filter(({ at }) => now - at < GONE_SHOWN).map(({ member, at }) => view(member, at))
    return [...present, ...gone].sort((a, b) => a.name < b.name ? -1 : 1)
  }

  snapshot (): Snapshot {
    const now = performance.now()
    return {
      ...this.status(),
      members: this.members(),
      rates: this.history.at(-1) ?? NO_RATES,
      hottest: this.#door.sampler.top(10),
      events: this.#events.map(({ kind, name, at }) => ({ kind, name, ago: Math.round(now - at) }))
    }
  }

  close (): void {
    clearInterval(this.#timer)
    for (const undo of this.#undo) undo()
    this.#listeners.clear()
  }

  #listen <K extends keyof GroupcacheEvents> (name: K, listener: (event: GroupcacheEvents[K]) => void): void {
    const { cache } = this.#door.settings
    cache.addEventListener(name, listener)
    this.#undo.push(() => { cache.removeEventListener(name, listener) })
  }

  #onMember (kind: ClusterEvent['kind'], member: Member): void {
    const id = member.peerId.toString()
    const now = performance.now()
    this.#shares = undefined
    this.#events.unshift({ kind, name: member.name, at: now })
    this.#events.length = Math.min(this.#events.length, MAX_EVENTS)
    this.#gone.delete(id)
    if (kind === 'join') {
      this.#firstSeen.set(id, now)
    } else {
      this.#firstSeen.delete(id)
      this.#gone.set(id, { member: { ...member, state: kind === 'fail' ? 'dead' : 'left' }, at: now })
      for (const oldest of this.#gone.keys()) {
        if (this.#gone.size > MAX_GONE) this.#gone.delete(oldest)
      }
    }
    // the members and the ring change in one go, of which this may be the first that is told
    queueMicrotask(() => { this.#tell() })
  }

  #tick (): void {
    const totals = this.#sum()
    const last = this.#totals
    this.#totals = totals
    this.history.push(Object.fromEntries(Object.entries(totals).map(([name, count]) => [name, count - last[name as keyof Rates]])) as unknown as Rates)
    if (this.history.length > HISTORY) this.history.shift()
    if (++this.#seconds % HALF_LIFE === 0) this.#door.sampler.age()
    this.#tell()
  }

  #tell (): void {
    for (const listener of this.#listeners) listener()
  }

  #sum (): Rates {
    const sum = { ...NO_RATES }
    for (const stats of Object.values(this.#door.settings.cache.stats().groups)) {
      sum.gets += stats.gets
      sum.hits += stats.mainHits + stats.hotHits
      sum.peerGets += stats.peerGets
      sum.serverGets += stats.serverGets
      sum.loads += stats.loads
      sum.errors += stats.loadErrors + stats.peerErrors
    }
    return sum
  }

  #share (): Map<string, number> {
    const [group] = this.#door.groups.values()
    const shares = new Map<string, number>()
    for (const key of group === undefined ? [] : SAMPLE_KEYS) {
      const id = (group as NonNullable<typeof group>).owner(key).peerId.toString()
      shares.set(id, (shares.get(id) ?? 0) + 1 / SAMPLE_KEYS.length)
    }
    return shares
  }
}

// What a run is like: everything that is decided before it begins, by its seed alone.

import { seeded } from '../support/seeds.js'
import { unwell } from './fault.js'
import type { Fault, FaultKind, Link } from './fault.js'

export interface Schedule {
  seed: number
  seconds: number
  /** 'proxies': loopback, each member behind a proxy. 'namespaces': hosts at two switches; needs root. */
  network: 'proxies' | 'namespaces'
  /** Those that are there from the beginning. */
  members: readonly string[]
  /** In namespaces, by member, the switch it is at; later ones are at the first. */
  switches: readonly number[]
  /** Milliseconds of load before the first fault, with faults, and after the last one. */
  warmUp: number
  faultTime: number
  quiet: number
  /** At each member. */
  getsPerSecond: number
  updatesPerSecond: number
  /** In the order of their times. */
  faults: readonly Fault[]
}

/** How often each kind is picked. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  kill: 3,
  freeze: 4,
  stall: 3,
  restart: 3,
  join: 2,
  leave: 1.5,
  'slow loader': 1.5,
  'failing loader': 1.5,
  reset: 2,
  truncate: 1.5,
  flip: 1.5,
  delay: 2,
  blackhole: 4,
  partition: 2
}
const NETWORK_KINDS: ReadonlySet<FaultKind> = new Set(['reset', 'truncate', 'flip', 'delay', 'blackhole'])
/** Of all schedules, the part that is played in namespaces. */
const IN_NAMESPACES = 0.12
export const SEED_MEMBER = 'p0'
/** So often another fault is drawn where one cannot be. */
const DRAWS = 5
/** Members that are there at a time. */
const LEAST = 2
const MOST = 6
const LONGEST_FREEZE = 30_000
const LONGEST_STALL = 4_000
const LONGEST_CUT = 25_000
/** Less than the loaders' time, so that a slow load is no failed one. */
const LONGEST_LOAD = 4_000

export function scheduleOf (seed: number, seconds: number): Schedule {
  // small seeds would begin alike
  const random = seeded(Math.imul(seed + 1, 0x9e3779b1))
  const members = Array.from({ length: 3 + Math.floor(random() * 4) }, (_, i) => `p${i}`)
  const network = random() < IN_NAMESPACES ? 'namespaces' : 'proxies'
  const second = 1 + Math.floor(random() * (members.length - 1))
  const warmUp = Math.min(4_000, seconds * 120)
  const quiet = Math.min(15_000, seconds * 300)
  const faultTime = seconds * 1_000 - warmUp - quiet
  const faults = new Drawing(random, members, network, faultTime, network === 'proxies' ? undefined : members.slice(second)).faults()
  return { seed, seconds, network, members, switches: members.map((_, i) => i < second ? 0 : 1), warmUp, faultTime, quiet, getsPerSecond: 60, updatesPerSecond: 1.2, faults }
}

/** Draws faults that leave at least one member well at any time. */
class Drawing {
  readonly #random: () => number
  readonly #end: number
  readonly #farSide: readonly string[] | undefined
  readonly #kinds: ReadonlyArray<readonly [FaultKind, number]>
  readonly #faults: Fault[] = []
  /** Those that are there, or about to come back. */
  readonly #present: string[]
  /** When a member may be given another fault of its own. */
  readonly #freeAt = new Map<string, number>()
  #lastNumber: number

  /** @param farSide - whom the cable cuts off, where there is one */
  constructor (random: () => number, members: readonly string[], network: Schedule['network'], end: number, farSide: readonly string[] | undefined) {
    this.#random = random
    this.#end = end
    this.#farSide = farSide
    this.#present = [...members]
    this.#lastNumber = members.length - 1
    let kinds = (Object.entries(WEIGHTS) as Array<[FaultKind, number]>).filter(([kind]) => network === 'proxies' || !NETWORK_KINDS.has(kind))
    // some schedules have few kinds, so that what these do is not hidden behind the others
    if (random() < 0.35) kinds = Array.from({ length: 1 + Math.floor(random() * 3) }, () => this.#pick(kinds))
    this.#kinds = network === 'namespaces' ? [...kinds, ['partition', 6]] : kinds
  }

  faults (): Fault[] {
    const pace = 800 + this.#random() * 3_500
    for (let at = this.#random() * 1_000; at < this.#end; at += -Math.log(1 - this.#random()) * pace) {
      for (let left = DRAWS; left > 0; left--) {
        const fault = this.#draw(at)
        if (fault === undefined || !this.#leavesOneWell(fault)) continue
        this.#faults.push(fault)
        this.#took(fault)
        break
      }
    }
    return this.#faults.sort((a, b) => a.at - b.at)
  }

  #draw (at: number): Fault | undefined {
    const kind = this.#kind()
    const free = this.#present.filter(member => (this.#freeAt.get(member) ?? 0) <= at)
    const member = free.length === 0 ? undefined : this.#pick(free)
    const chance = (part: number): boolean => this.#random() < part
    // the first one is there for good, at one address: everybody's seed
    const mayGo = member !== SEED_MEMBER && this.#present.length > LEAST
    switch (kind) {
      case 'kill':
        if (member === undefined || this.#present.length <= LEAST) return undefined
        return { kind, at, until: this.#until(at, 100, 8_000), member, isBack: !mayGo || chance(0.8), keepsAddress: this.#keepsAddress(member) }
      case 'freeze': return member === undefined ? undefined : { kind, at, until: this.#until(at, 100, LONGEST_FREEZE), member }
      case 'stall': return member === undefined ? undefined : { kind, at, until: this.#until(at, 100, LONGEST_STALL), member }
      case 'restart': return member === undefined ? undefined : { kind, at, until: at, member, pause: this.#between(10, 2_000), keepsAddress: this.#keepsAddress(member) }
      case 'join': return this.#present.length >= MOST ? undefined : { kind, at, until: at, member: `p${++this.#lastNumber}` }
      case 'leave': return member === undefined || !mayGo ? undefined : { kind, at, until: at, member }
      case 'slow loader': return { kind, at, until: this.#until(at, 500, 8_000), part: this.#pick<number>([0.1, 0.5, 1]), delay: this.#between(50, LONGEST_LOAD) }
      case 'failing loader': return { kind, at, until: this.#until(at, 300, 8_000), part: this.#pick<number>([0.1, 0.5, 1]) }
      case 'reset': return { kind, at, until: at, links: this.#links() }
      case 'truncate': return { kind, at, until: at, links: this.#links(), bytes: Math.floor(this.#between(1, 4_000)) }
      case 'flip': return { kind, at, until: at, links: this.#links() }
      case 'delay': return { kind, at, until: this.#until(at, 300, 10_000), links: this.#links(), delay: this.#between(5, 3_000) }
      case 'blackhole': return { kind, at, until: this.#until(at, 200, LONGEST_CUT), links: this.#links(), mode: chance(0.5) ? 'hold' : 'drop' }
      case 'partition': {
        const side = this.#farSide ?? this.#present.filter(() => chance(0.4))
        return side.length === 0 || side.length >= this.#present.length ? undefined : { kind, at, until: this.#until(at, 1_000, LONGEST_CUT), side }
      }
    }
  }

  /** One direction or both, between two members or between one and all others. */
  #links (): Link[] {
    const [one, other] = this.#shuffled() as [string, string]
    const others = this.#random() < 0.3 ? this.#present.filter(member => member !== one) : [other]
    const isOneWay = this.#random() < 0.4
    const isOutward = this.#random() < 0.5
    return others.flatMap(other => isOneWay ? [isOutward ? [one, other] : [other, one]] : [[one, other], [other, one]])
  }

  /** Whoever is present while this fault lasts, and is touched by none that overlaps it. */
  #leavesOneWell (fault: Fault): boolean {
    const isUnwell = new Set(unwell(fault))
    if (isUnwell.size === 0) return true
    for (const other of this.#faults) {
      if (other.at <= fault.until + 1_000 && other.until + 1_000 >= fault.at) for (const member of unwell(other)) isUnwell.add(member)
    }
    return this.#present.some(member => !isUnwell.has(member))
  }

  #took (fault: Fault): void {
    if (!('member' in fault)) return
    const isGone = fault.kind === 'leave' || (fault.kind === 'kill' && !fault.isBack)
    if (isGone) this.#present.splice(this.#present.indexOf(fault.member), 1)
    if (fault.kind === 'join') this.#present.push(fault.member)
    // what starts or stops takes its time
    this.#freeAt.set(fault.member, fault.until + (fault.kind === 'freeze' || fault.kind === 'stall' ? 50 : 3_000))
  }

  #keepsAddress (member: string): boolean {
    return this.#random() < 0.6 || member === SEED_MEMBER
  }

  #kind (): FaultKind {
    const all = this.#kinds.reduce((sum, [, weight]) => sum + weight, 0)
    let left = this.#random() * all
    const [kind] = this.#kinds.find(([, weight]) => (left -= weight) < 0) ?? this.#kinds[0] ?? []
    if (kind === undefined) throw new Error('no kind of fault is allowed')
    return kind
  }

  /** Short ones as often as long ones: even in the logarithm. */
  #between (low: number, high: number): number {
    return low * (high / low) ** this.#random()
  }

  #until (at: number, low: number, high: number): number {
    return Math.min(this.#end, at + this.#between(low, high))
  }

  #pick<T> (from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T
  }

  #shuffled (): string[] {
    return this.#present.map(member => ({ member, order: this.#random() })).sort((a, b) => a.order - b.order).map(({ member }) => member)
  }
}

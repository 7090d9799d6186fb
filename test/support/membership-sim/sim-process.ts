// One process: a real membership, with a simulated network around it.

import { Membership } from '../../../src/membership/membership.js'
import { ProcessClock } from './process-clock.js'
import { ProcessTransport } from './process-transport.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { Cause, Host } from '../sim/sim-clock.js'
import type { End } from './connections.js'
import type { Message } from './gossip.js'
import type { Network } from './network.js'

/** What wakes a process first that was paused. */
export type WakeOrder = 'timers first' | 'as it came' | 'io first'

export interface SimProcessInit {
  network: Network
  id: string
  name: string
  /** The number of its host, which its address follows from. */
  host: number
  /** Default: 1 */
  weight?: number
  timing: Timing
  /** Milliseconds by which timers are late. */
  skew: () => number
}

/** A new process looks for members so often, and so does one that is alone. */
const SEEDS_EVERY = 1_500
/** A goodbye takes so long at the most. */
const LEAVE_TIMEOUT = 1_000

export class SimProcess implements Host {
  readonly id: string
  readonly name: string
  readonly host: number
  readonly address: string
  readonly network: Network
  readonly membership: Membership
  /** For the rules; the network's own timers are the other one's. */
  readonly clock: ProcessClock
  readonly wire: ProcessClock
  readonly transport: ProcessTransport
  /** Its ends of connections, by the other side's id. */
  readonly ends = new Map<string, End>()
  /** The peers that it passes gossip on to. */
  readonly mesh = new Set<SimProcess>()
  /** Messages that it offers to others for a while. */
  recent: Array<{ message: Message, at: number }> = []
  isFrozen = false
  /** Its process does not exist any more. */
  isGone = false
  isLeaving = false
  /** When it last ceased to be hindered by a fault: such a one may be held dead for good reason. */
  excusedAt = -Infinity
  /** Faults that go on. */
  hindrances = 0
  /** The same for faults of the network alone. */
  isolatedAt = -Infinity
  isolation = 0
  #held: Array<{ task: () => void, cause: Cause }> = []

  constructor ({ network, id, name, host, weight = 1, timing, skew }: SimProcessInit) {
    this.network = network
    this.id = id
    this.name = name
    this.host = host
    this.address = addressOf(host)
    const zero = Math.floor(network.random() * 1e6)
    this.clock = new ProcessClock(network.scheduler, this, zero, skew)
    this.wire = new ProcessClock(network.scheduler, this, zero, skew)
    this.transport = new ProcessTransport(this)
    this.membership = new Membership({
      self: { id, name, weight, state: 'alive', incarnation: 0, since: 0, addresses: [] },
      clock: this.clock,
      random: network.forRules,
      transport: this.transport,
      onChange: change => { network.onChange(this, change) },
      timing
    })
  }

  /** It runs, and takes part. */
  get isUp (): boolean {
    return !this.isGone && !this.isLeaving
  }

  // ---- life ----

  /** @param seeds - where others may be, asked for anew each time, as discovery does */
  start (seeds: () => readonly string[]): void {
    this.membership.start([this.address])
    this.#findSeeds(seeds)
  }

  /** Until somebody is there, and whenever this process is alone. */
  #findSeeds (seeds: () => readonly string[]): void {
    if (!this.isUp) return
    if (this.membership.present().length <= 1) {
      for (const address of seeds()) if (address !== this.address) void this.transport.dial(address)
    }
    this.wire.setTimeout(() => { this.#findSeeds(seeds) }, SEEDS_EVERY)
  }

  /** Says goodbye and ends. */
  async leave (): Promise<void> {
    this.isLeaving = true
    const late = Promise.withResolvers<void>()
    const timer = this.wire.setTimeout(late.resolve, LEAVE_TIMEOUT)
    await Promise.race([this.membership.leave(), late.promise])
    this.wire.clearTimeout(timer)
    this.stop()
  }

  stop (): void {
    if (this.isGone) return
    this.membership.stop()
    this.network.vanish(this, 'process')
  }

  // ---- paused, suspended ----

  hold (task: () => void, cause: Cause): void {
    this.#held.push({ task, cause })
  }

  pause (): void {
    this.isFrozen = true
  }

  /** As {@link pause}, but its clock stands still meanwhile. */
  suspend (): void {
    this.isFrozen = true
    this.clock.stop()
    this.wire.stop()
  }

  /** All that came while it was paused comes now, one after the other. */
  wake (order: WakeOrder): void {
    if (!this.isFrozen || this.isGone) return
    this.isFrozen = false
    this.clock.go()
    this.wire.go()
    const held = this.#held
    this.#held = []
    const first: Cause = order === 'timers first' ? 'timer' : 'io'
    const ordered = order === 'as it came' ? held : [...held.filter(({ cause }) => cause === first), ...held.filter(({ cause }) => cause !== first)]
    for (const { task, cause } of ordered) this.network.scheduler.after(0, task, this, cause)
  }

  jump (ms: number): void {
    this.clock.jump(ms)
    this.wire.jump(ms)
  }

  forgetHeld (): void {
    this.#held = []
  }
}

export function addressOf (host: number): string {
  return `/sim/${host}`
}

export function hostOf (address: string): number {
  return Number(address.slice('/sim/'.length))
}

/** The members a process sees, in lines that can be compared. */
export function lineOf ({ id, name, weight, incarnation, addresses }: MemberRecord): string {
  return `${id} ${name} ×${weight} @${incarnation} ${addresses.join()}`
}

// Memberships in virtual time: their processes, and all that passes between them.

import { Scheduler } from '../sim/sim-clock.js'
import { Trace } from '../sim/trace.js'
import { seeded } from '../seeds.js'
import { Connections } from './connections.js'
import { Gossip } from './gossip.js'
import { SimProcess } from './sim-process.js'
import { Weathers } from './weather.js'
import type { MemberChange } from '../../../src/membership/verdicts.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { End } from './connections.js'
import type { SimProcessInit } from './sim-process.js'
import type { Weather } from './weather.js'

export interface NetworkInit {
  seed: number
  weather: Weather
  timing: Timing
  /** Milliseconds by which timers are late at the most. */
  lateness?: number
  isTraced?: boolean
  onChange?: (process: SimProcess, change: MemberChange) => void
  /** A member probes another one: not on behalf of a third. */
  onPing?: (process: SimProcess, id: string) => void
}

/** Messages that were sent, each way of each hop; for dials, attempts. */
export interface Traffic { pings: number, indirect: number, gossip: number, exchanges: number, dials: number }

/** A connection to a host that is silent is given up after this long, and up to as long again. */
const SILENT_FOR = 15_000

export class Network {
  readonly scheduler = new Scheduler()
  readonly weathers: Weathers
  readonly connections: Connections
  readonly gossip: Gossip
  readonly trace: Trace
  /** For what happens in the network. */
  readonly random: () => number
  /** For the members' rules, so that what they draw does not change the network. */
  readonly forRules: () => number
  /** Processes that run, by address. */
  readonly listening = new Map<string, SimProcess>()
  readonly traffic: Traffic = { pings: 0, indirect: 0, gossip: 0, exchanges: 0, dials: 0 }
  /** Pieces of news that were published. */
  published = 0
  readonly #init: NetworkInit
  #all: SimProcess[] | undefined

  constructor (init: NetworkInit) {
    this.#init = init
    const [forNetwork, forRules, forWeather] = Array.from({ length: 3 }, (_, i) => seeded(Math.imul(init.seed + 1, 0x9e3779b1) + i * 0x85ebca6b)) as [() => number, () => number, () => number]
    this.random = forNetwork
    this.forRules = forRules
    this.trace = new Trace(init.isTraced ?? false, () => this.scheduler.now)
    this.weathers = new Weathers(this.scheduler, forWeather, init.weather)
    this.connections = new Connections(this.scheduler, this.weathers)
    const { scheduler, weathers, connections } = this
    this.gossip = new Gossip({ scheduler, weathers, connections, random: forNetwork, onSent: () => { this.traffic.gossip++ } })
  }

  get timing (): Timing {
    return this.#init.timing
  }

  /** Processes that run. */
  get processes (): readonly SimProcess[] {
    this.#all ??= [...this.listening.values()]
    return this.#all
  }

  anyone (): SimProcess | undefined {
    return this.processes[Math.floor(this.random() * this.processes.length)]
  }

  create (init: Pick<SimProcessInit, 'id' | 'name' | 'host' | 'weight'>): SimProcess {
    const { timing, lateness = 0 } = this.#init
    const process = new SimProcess({ ...init, network: this, timing, skew: lateness === 0 ? () => 0 : () => this.random() * lateness })
    this.connections.switchOn(process.host)
    this.listening.set(process.address, process)
    this.#all = undefined
    this.gossip.join(process)
    return process
  }

  /** A process is gone. Its host closes its connections; unless the host is gone as well, which is told by silence alone. */
  vanish (process: SimProcess, what: 'process' | 'host'): void {
    process.isGone = true
    process.forgetHeld()
    if (this.listening.get(process.address) === process) this.listening.delete(process.address)
    this.#all = undefined
    if (what === 'host') {
      this.connections.switchOff(process.host)
      for (const other of this.processes) {
        const end = other.ends.get(process.id)
        if (end?.there === process) this.scheduler.after(SILENT_FOR * (1 + this.random()), () => { this.connections.close(end) }, other)
      }
    }
    for (const end of [...process.ends.values()]) this.connections.close(end)
    process.mesh.clear()
  }

  // ---- messages, each lost or late as the weather has it ----

  send (end: End, deliver: () => void): void {
    this.connections.send(end, this.weathers.weather.kind === 'stream', deliver)
  }

  /** Sends back, from the other end of a connection. */
  reply (end: End, deliver: () => void): void {
    const back = end.there.ends.get(end.from.id)
    if (back?.there === end.from) this.send(back, deliver)
  }

  // ---- what the members do ----

  onChange (process: SimProcess, change: MemberChange): void {
    if (this.trace.isOn) this.trace.add(process.name, 'sees', change.kind, 'of', change.member.id, change.member.state, `@${change.member.incarnation}`)
    this.#init.onChange?.(process, change)
  }

  onPing (process: SimProcess, id: string): void {
    if (this.trace.isOn) this.trace.add(process.name, 'pings', id)
    this.#init.onPing?.(process, id)
  }
}

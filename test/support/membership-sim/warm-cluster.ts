// A cluster whose members know each other and are connected from the beginning, to measure what it does then.

import { seeded } from '../seeds.js'
import { Network } from './network.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { MemberChange } from '../../../src/membership/verdicts.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { Traffic } from './network.js'
import type { SimProcess } from './sim-process.js'
import type { Weather } from './weather.js'

export interface WarmClusterInit {
  seed: number
  size: number
  timing: Timing
  weather: Weather
}

/** Until they are done with telling each other of themselves, and the gossip meshes have formed. */
const WARM_UP = 12_000

export class WarmCluster {
  readonly network: Network
  readonly members: SimProcess[] = []
  readonly random: () => number
  onChange: ((process: SimProcess, change: MemberChange) => void) | undefined
  onPing: ((process: SimProcess, id: string) => void) | undefined
  readonly #size: number

  constructor ({ seed, size, timing, weather }: WarmClusterInit) {
    this.#size = size
    this.random = seeded(seed)
    this.network = new Network({
      seed,
      timing,
      weather,
      onChange: (process, change) => { this.onChange?.(process, change) },
      onPing: (process, id) => { this.onPing?.(process, id) }
    })
    // nothing but missing answers tells of a crash
    this.network.connections.areClosingsTold = false
  }

  get now (): number {
    return this.network.scheduler.now
  }

  async warmUp (): Promise<void> {
    const { network, members } = this
    const name = (i: number): string => `m${String(i).padStart(4, '0')}`
    for (let i = 0; i < this.#size; i++) members.push(network.create({ id: name(i), name: name(i), host: i }))
    for (const one of members) {
      for (const other of members) if (other !== one) network.connections.open(one, other)
    }
    const records = members.map(({ id, name, address }): MemberRecord => ({ id, name, weight: 1, state: 'alive', incarnation: 0, since: 0, addresses: [address] }))
    for (const [i, member] of members.entries()) {
      member.membership.start([member.address])
      const from = (i + 1) % members.length
      member.membership.learn((members[from] as SimProcess).id, [records[from] as MemberRecord, ...records.filter((_, j) => j !== from)])
    }
    await this.run(WARM_UP)
  }

  /** Lets time pass; stops early when `until` says so. */
  run (ms: number, until?: () => boolean): Promise<void> {
    const { scheduler } = this.network
    return scheduler.run(scheduler.now + ms, until)
  }

  /** One who is well, at random. */
  pick (): SimProcess {
    const all = this.network.processes
    return all[Math.floor(this.random() * all.length)] as SimProcess
  }

  /** What was sent while `action` ran, by node and period. */
  async traffic (action: () => Promise<void>): Promise<Traffic> {
    const before = { ...this.network.traffic }
    const begin = this.now
    const nodes = this.network.processes.length
    await action()
    const periods = (this.now - begin) / this.network.timing.probeInterval
    const per = (name: keyof Traffic): number => (this.network.traffic[name] - before[name]) / nodes / periods
    return { pings: per('pings'), indirect: per('indirect'), gossip: per('gossip'), exchanges: per('exchanges'), dials: per('dials') }
  }

  stop (): void {
    for (const member of this.members) if (!member.isGone) member.membership.stop()
  }
}

// What befalls a cluster.

import { Lasting } from './lasting.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { FaultKind, Plan } from './plan.js'
import type { Network } from './network.js'
import type { SimProcess, WakeOrder } from './sim-process.js'

/** Who starts again: under its name; with its id or another one. */
export interface Rebirth { of: SimProcess, hasSameId: boolean, hasSameHost: boolean }

export interface FaultsInit {
  plan: Plan
  network: Network
  random: () => number
  /** Starts a process. */
  start: (again?: Rebirth) => void
}

/** A stalled process runs what is due before it reads what has come; the other orders are harder. */
const ORDERS: readonly WakeOrder[] = ['timers first', 'timers first', 'as it came', 'io first']
const MOST_PROCESSES = 80

export class Faults {
  readonly #init: FaultsInit
  readonly #lasting: Lasting

  constructor (init: FaultsInit) {
    this.#init = init
    this.#lasting = new Lasting(init.network.scheduler)
  }

  begin (): void {
    const { plan: { faults, duration }, network: { scheduler }, random } = this.#init
    for (const kind of faults) scheduler.after(random() * duration, () => { this.#strike(kind) })
  }

  /** Ends all that lasts. */
  end (): void {
    this.#lasting.end()
  }

  #strike (kind: FaultKind): void {
    const { random, start, network } = this.#init
    switch (kind) {
      case 'pause': return this.#pause('pause')
      case 'suspend': return this.#pause('suspend')
      case 'jump': return this.#jump()
      case 'partition': return this.#partition()
      case 'one way': return this.#oneWay()
      case 'flaky': return this.#flaky()
      case 'deaf': return this.#deaf()
      case 'break': return this.#break()
      case 'crash': return void this.#crash('process')
      case 'switch off': return void this.#crash('host')
      case 'restart': return this.#restart()
      case 'join': return this.#join(1)
      case 'mass join': return this.#join(2 + Math.floor(random() * 6))
      case 'leave': return this.#leave()
      case 'move': return this.#move()
      case 'slander': return this.#slander()
      case 'mass leave': return this.#some().forEach(process => { this.#leave(process) })
      case 'mass crash': {
        network.trace.add('a mass crash')
        const all = this.#some()
        for (const process of all) this.#crash(random() < 0.7 ? 'process' : 'host', process)
        if (random() < 0.3) for (const of of all) start({ of, hasSameId: random() < 0.5, hasSameHost: true })
      }
    }
  }

  #running (): SimProcess[] {
    return this.#init.network.processes.filter(({ isUp, isFrozen }) => isUp && !isFrozen)
  }

  /** A third of them or so, and never so many that fewer than two are left. */
  #some (): SimProcess[] {
    const { random } = this.#init
    const all = this.#running()
    return all.filter(() => random() < 0.4).slice(0, Math.max(0, all.length - 2))
  }

  #pick<T> (from: readonly T[]): T | undefined {
    return from[Math.floor(this.#init.random() * from.length)]
  }

  #pause (kind: 'pause' | 'suspend'): void {
    const { random, network } = this.#init
    const process = this.#pick(this.#running())
    if (process === undefined) return
    const { probeTimeout, suspicionMin } = network.timing
    const detection = probeTimeout + suspicionMin
    // from a hiccup to far longer than it takes to be given up; and around that
    const ms = random() < 0.4 ? 50 + random() * 2_000 : random() < 0.5 ? detection * (0.7 + random()) : random() * 5 * detection
    network.trace.add(process.name, kind, `for ${ms.toFixed(0)} ms`)
    process[kind]()
    const wake = (): void => {
      network.trace.add(process.name, 'wakes')
      process.wake(this.#pick(ORDERS) as WakeOrder)
    }
    // one that wakes before it can be given up is to be spared
    if (ms < suspicionMin) this.#lasting.for(ms, wake)
    else this.#lasting.hinder([process], ms, wake)
  }

  #jump (): void {
    const { random, network } = this.#init
    const process = this.#pick(this.#running())
    if (process === undefined) return
    const ms = random() * 60_000
    network.trace.add(process.name, `is suddenly ${ms.toFixed(0)} ms later`)
    process.jump(ms)
  }

  #partition (): void {
    const { random, network } = this.#init
    const nodes = network.processes
    const share = random() < 0.3 ? 1 / nodes.length : 0.4
    const side = nodes.filter(() => random() < share)
    const others = nodes.filter(node => !side.includes(node))
    this.#cut(side.flatMap(a => others.flatMap(b => [[a, b], [b, a]] as Array<[SimProcess, SimProcess]>)), `${side.map(({ name }) => name).join()} | ${others.map(({ name }) => name).join()}`)
  }

  #oneWay (): void {
    const { random, network } = this.#init
    const to = this.#pick(network.processes)
    const others = network.processes.filter(node => node !== to)
    const from = random() < 0.5 ? others : others.slice(0, 1)
    if (to === undefined) return
    const pairs = from.map((node): [SimProcess, SimProcess] => random() < 0.5 || from.length > 1 ? [node, to] : [to, node])
    this.#cut(pairs, `nothing gets ${pairs.map(([a, b]) => `${a.name}>${b.name}`).join()}`)
  }

  #cut (pairs: Array<[SimProcess, SimProcess]>, what: string): void {
    const { random, network: { weathers, connections, scheduler, trace } } = this.#init
    if (pairs.length === 0) return
    const ms = random() < 0.3 ? random() * 3_000 : random() ** 2 * 40_000
    trace.add('cut:', what, `for ${ms.toFixed(0)} ms`)
    for (const [from, to] of pairs) {
      weathers.cut(from.host, to.host)
      // either end may find out, or neither: then what was sent arrives after all
      const end = from.ends.get(to.id)
      if (end === undefined) continue
      scheduler.after(random() < 0.3 ? random() * 100 : 15_000 + random() * 25_000, () => {
        if (weathers.isCut(from.host, to.host)) connections.close(end)
      }, from)
    }
    this.#lasting.for(ms, () => {
      trace.add('healed:', what)
      for (const [from, to] of pairs) weathers.heal(from.host, to.host)
    })
  }

  #flaky (): void {
    const { random, network } = this.#init
    const process = this.#pick(this.#running())
    if (process === undefined) return
    const loss = this.#pick([0.3, 0.6, 0.9]) as number
    const ms = 1_000 + random() * 15_000
    network.trace.add(process.name, `loses ${loss} for ${ms.toFixed(0)} ms`)
    network.weathers.flaky(process.host, loss)
    this.#lasting.isolate([process], ms, () => { network.weathers.steady(process.host) })
  }

  /** Gossip does not get to it, nor from it; all else does. Meanwhile there is something to tell. */
  #deaf (): void {
    const { random, network } = this.#init
    const process = this.#pick(this.#running())
    if (process === undefined) return
    const ms = 500 + random() * 10_000
    network.trace.add(process.name, `gets no gossip for ${ms.toFixed(0)} ms`)
    network.weathers.deafen(process.host)
    this.#lasting.isolate([process], ms, () => { network.weathers.undeafen(process.host) })
    network.scheduler.after(random() * ms, () => { this.#move() })
  }

  #break (): void {
    const process = this.#pick(this.#running())
    const end = process === undefined ? undefined : this.#pick([...process.ends.values()])
    if (end === undefined) return
    this.#init.network.trace.add(`the connection of ${end.from.name} to ${end.there.name} breaks`)
    this.#init.network.connections.close(end)
  }

  #crash (what: 'process' | 'host', process = this.#pick(this.#init.network.processes.filter(({ isUp }) => isUp))): SimProcess | undefined {
    const { network } = this.#init
    if (process === undefined || this.#running().length < 3) return undefined
    network.trace.add(process.name, process.id, what === 'process' ? 'crashes' : 'is switched off')
    network.vanish(process, what)
    return process
  }

  #restart (): void {
    const { random, start } = this.#init
    const of = this.#crash(random() < 0.8 ? 'process' : 'host')
    if (of === undefined) return
    const again: Rebirth = { of, hasSameId: random() < 0.5, hasSameHost: random() < 0.7 }
    this.#lasting.for(random() < 0.5 ? random() * 500 : random() ** 2 * 20_000, () => { start(again) })
  }

  #join (count: number): void {
    for (let i = 0; i < count && this.#init.network.processes.length < MOST_PROCESSES; i++) this.#init.start()
  }

  #leave (process = this.#pick(this.#running())): void {
    const { random, network, start } = this.#init
    if (process === undefined || this.#running().length < 3) return
    network.trace.add(process.name, process.id, 'leaves')
    void process.leave()
    const again: Rebirth = { of: process, hasSameId: random() < 0.5, hasSameHost: true }
    if (random() < 0.5) this.#lasting.for(1_500 + random() ** 2 * 10_000, () => { if (process.isGone) start(again) })
  }

  /** It is reached at another address as well from now on. */
  #move (): void {
    const process = this.#pick(this.#running())
    if (process === undefined) return
    this.#init.network.trace.add(process.name, 'moves')
    process.membership.readdress([process.address, `/sim/elsewhere/${Math.floor(this.#init.random() * 1e6)}`])
  }

  /** Somebody is wrong, and tells all: that one is suspect, or dead, who is not. */
  #slander (): void {
    const { random, network } = this.#init
    const nodes = this.#running()
    const liar = this.#pick(nodes)
    const victim = this.#pick(nodes.filter(node => node !== liar))
    if (liar === undefined || victim === undefined) return
    const news: MemberRecord = { ...victim.membership.self, state: random() < 0.5 ? 'dead' : 'suspect' }
    network.trace.add(liar.name, `tells that ${victim.name} is`, news.state, `@${news.incarnation}`)
    victim.excusedAt = network.scheduler.now
    network.gossip.publish(liar, news)
  }
}

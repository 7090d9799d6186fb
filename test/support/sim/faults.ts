// What befalls a cluster.

import type { Checker } from './checker.js'
import type { FaultKind, Plan } from './plan.js'
import type { SimNetwork } from './sim-network.js'
import type { SimNode, WakeOrder } from './sim-node.js'
import type { Trace } from './trace.js'

export interface FaultsInit {
  plan: Plan
  network: SimNetwork
  checker: Checker
  random: () => number
  /** Starts a process: one that was there before, or a new one. */
  start: (again?: SimNode) => void
  onCrash: (node: SimNode) => void
  /** The ring is about to change. */
  onRing: () => void
  trace: Trace
}

const ORDERS: WakeOrder[] = ['as it came', 'timers first', 'io first']

export class Faults {
  readonly #init: FaultsInit
  /** What ends those that last. */
  readonly #endings = new Set<() => void>()

  constructor (init: FaultsInit) {
    this.#init = init
  }

  begin (): void {
    const { plan: { faults, duration }, network: { scheduler }, random } = this.#init
    for (const kind of faults) scheduler.after(random() * duration, () => { this.#strike(kind) })
  }

  /** Ends all that lasts. */
  end (): void {
    for (const end of [...this.#endings]) end()
  }

  #strike (kind: FaultKind): void {
    switch (kind) {
      case 'freeze': return this.#freeze()
      case 'partition': return this.#partition()
      case 'one way': return this.#oneWay()
      case 'break': return this.#break()
      case 'crash': return this.#crash()
      case 'join': return this.#join()
      case 'leave': return this.#leave(1_500 + this.#init.random() ** 2 * 10_000, 0.6)
      case 'restart': return this.#leave(10 + this.#init.random() ** 2 * 1_000, 1)
    }
  }

  #nodes (): SimNode[] {
    return [...this.#init.network.processes.values()].filter(({ isUp, isFrozen }) => isUp && !isFrozen)
  }

  #pick<T> (from: readonly T[]): T | undefined {
    return from[Math.floor(this.#init.random() * from.length)]
  }

  /** Ends it after a while, or when all ends. */
  #lasts (ms: number, end: () => void): void {
    const once = (): void => {
      if (!this.#endings.delete(once)) return
      end()
    }
    this.#endings.add(once)
    this.#init.network.scheduler.after(ms, once)
  }

  #freeze (): void {
    const { random, trace } = this.#init
    const nodes = this.#nodes()
    const node = this.#pick(nodes)
    if (node === undefined || nodes.length < 2) return
    const ms = random() < 0.25 ? 100 + random() * 1_900 : 2_100 + random() ** 2 * 14_000
    trace.add(node.name, `freezes for ${ms.toFixed(0)} ms`)
    node.freeze()
    this.#lasts(ms, () => {
      trace.add(node.name, 'wakes')
      node.thaw(this.#pick(ORDERS) as WakeOrder)
    })
  }

  #partition (): void {
    const { random, trace } = this.#init
    const nodes = this.#nodes()
    const side = nodes.filter(() => random() < 0.4)
    if (side.length === 0 || side.length === nodes.length) return
    const others = nodes.filter(node => !side.includes(node))
    const ms = 1_000 + random() ** 2 * 20_000
    trace.add(`partition of ${side.map(({ name }) => name).join()} from ${others.map(({ name }) => name).join()} for ${ms.toFixed(0)} ms`)
    const pairs = side.flatMap(a => others.flatMap(b => [[a, b], [b, a]] as Array<[SimNode, SimNode]>))
    this.#cut(pairs, ms)
  }

  #oneWay (): void {
    const { random, trace } = this.#init
    const nodes = this.#nodes()
    const from = this.#pick(nodes)
    const to = this.#pick(nodes.filter(node => node !== from))
    if (from === undefined || to === undefined) return
    const ms = 500 + random() ** 2 * 14_000
    trace.add(`nothing gets from ${from.name} to ${to.name} for ${ms.toFixed(0)} ms`)
    this.#cut([[from, to]], ms)
  }

  #cut (pairs: Array<[SimNode, SimNode]>, ms: number): void {
    const { random, network, trace } = this.#init
    for (const [from, to] of pairs) {
      network.cut(from.id, to.id)
      // either end may find out, or neither: then what was sent arrives after all
      for (const end of network.endsBetween(from.id, to.id)) {
        network.scheduler.after(random() < 0.4 ? random() * 100 : 15_000 + random() * 25_000, () => {
          if (network.isCut(from, to)) end.abort()
        }, from)
      }
    }
    this.#lasts(ms, () => {
      trace.add(`healed between ${pairs.map(([from, to]) => `${from.name}>${to.name}`).join()}`)
      for (const [from, to] of pairs) network.heal(from.id, to.id)
    })
  }

  #break (): void {
    const nodes = this.#nodes()
    const node = this.#pick(nodes)
    const other = this.#pick(nodes.filter(each => each !== node))
    if (node === undefined || other === undefined) return
    this.#init.trace.add(`the connection of ${node.name} to ${other.name} breaks`)
    this.#init.network.upset()
    for (const end of this.#init.network.endsBetween(node.id, other.id)) end.abort()
  }

  #crash (): void {
    const { random, network, trace, start, onCrash } = this.#init
    const all = [...network.processes.values()].filter(({ isUp }) => isUp)
    const node = this.#pick(all)
    if (node === undefined || this.#nodes().length < 3) return
    trace.add(node.name, 'crashes')
    node.crash()
    onCrash(node)
    if (random() < 0.6) this.#lasts(100 + random() ** 2 * 10_000, () => { start(random() < 0.7 ? node : undefined) })
  }

  #join (): void {
    const { network, start, onRing } = this.#init
    if (network.processes.size >= 6) return
    start()
    onRing()
  }

  /** @param pause - milliseconds until it starts again @param part - of those who leave that do */
  #leave (pause: number, part: number): void {
    const nodes = this.#nodes()
    const node = this.#pick(nodes)
    if (node === undefined || nodes.length < 3) return
    const { random, trace, start, onRing } = this.#init
    trace.add(node.name, 'leaves')
    const isBack = random() < part
    onRing()
    void node.leave().then(() => {
      if (!isBack) return
      this.#lasts(pause, () => {
        start(node)
        onRing()
      })
    })
  }
}

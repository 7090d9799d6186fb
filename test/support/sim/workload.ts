// What callers do: they read few keys at all nodes, and update the origin and say so.

import { tagOf } from './origin.js'
import type { Checker } from './checker.js'
import type { Origin } from './origin.js'
import type { Plan } from './plan.js'
import type { SimNetwork } from './sim-network.js'
import type { SimNode } from './sim-node.js'
import type { GetOptions } from '../../../src/interface/group.js'

export interface WorkloadInit {
  plan: Plan
  network: SimNetwork
  origin: Origin
  checker: Checker
  random: () => number
  stamp: () => number
}

/** After a removal, for so long, gets look whether it is there. */
const CURIOUS = 3_000
/** Milliseconds for which callers are busy because the ring changes. */
const FLURRY = 4_000
/** After a removal, while it is under way. */
const MEANWHILE = 30

export class Workload {
  readonly #init: WorkloadInit

  constructor (init: WorkloadInit) {
    this.#init = init
  }

  /** Puts all operations in their places from now on. */
  begin (): void {
    const { plan: { operations, duration, changes }, network: { scheduler }, random } = this.#init
    for (let left = operations; left > 0; left--) {
      const at = random() * duration
      if (random() < changes) scheduler.after(at, () => { this.#at(this.#node(), node => { this.#change(node) }) })
      else if (random() < 0.2) scheduler.after(at, () => { this.#burst() })
      else scheduler.after(at, () => { this.#at(this.#node(), node => { this.#read(node) }) })
    }
  }

  /** Callers are busy while values are where their owners are not yet: the ring is about to change. */
  flurry (): void {
    const { plan: { flurry }, network: { scheduler } } = this.#init
    const random = this.#random
    for (let left = flurry; left > 0; left--) {
      const does = random() < 0.4 ? (node: SimNode) => { this.#change(node) } : (node: SimNode) => { this.#read(node) }
      scheduler.after(random() ** 2 * FLURRY, () => { this.#at(this.#node(), does) })
    }
  }

  /** A get of each key at each node. */
  readAll (): void {
    for (const node of this.#init.network.processes.values()) {
      for (const key of this.#init.plan.keys) this.#get(node, key)
    }
  }

  get #random (): () => number {
    return this.#init.random
  }

  #node (): SimNode | undefined {
    const nodes = [...this.#init.network.processes.values()].filter(({ isUp }) => isUp)
    return nodes[Math.floor(this.#random() * nodes.length)]
  }

  #key (): string {
    const { keys } = this.#init.plan
    // some are asked for more than others
    return keys[Math.floor(this.#random() ** 2 * keys.length)] as string
  }

  /** A frozen process gets to it when it wakes. */
  #at (node: SimNode | undefined, task: (node: SimNode) => void): void {
    node?.run(() => { if (node.isUp) task(node) })
  }

  // ---- reading ----

  #read (node: SimNode): void {
    const random = this.#random
    if (random() < 0.15) this.#getMany(node, [this.#key(), this.#key(), this.#key()])
    else this.#get(node, this.#key(), random() < 0.1)
  }

  /** One key at many nodes at once. */
  #burst (): void {
    const key = this.#key()
    for (let left = 5; left > 0; left--) {
      const node = this.#node()
      this.#init.network.scheduler.after(this.#random() * 10, () => { this.#at(node, node => { this.#get(node, key, this.#random() < 0.2) }) })
    }
  }

  #get (node: SimNode, key: string, mayLeave = false): void {
    const { checker } = this.#init
    const get = checker.begin(node, key, mayLeave)
    node.group.get(key, mayLeave ? this.#leaving(node) : undefined).then(value => { checker.got(get, value) }, (err: unknown) => { checker.getFailed(get, err as Error) })
  }

  #leaving (node: SimNode): GetOptions {
    const random = this.#random
    if (random() < 0.5) return { timeout: Math.floor(random() * 300) }
    const controller = new AbortController()
    node.clock.setTimeout(() => { controller.abort() }, random() * 300)
    return { signal: controller.signal }
  }

  #getMany (node: SimNode, keys: string[]): void {
    const { checker } = this.#init
    const gets = keys.map(key => checker.begin(node, key, false))
    node.group.getManySettled(keys).then(outcomes => {
      outcomes.forEach((outcome, i) => {
        const get = gets[i] as (typeof gets)[number]
        if (outcome.status === 'fulfilled') checker.got(get, outcome.value)
        else checker.getFailed(get, outcome.reason as Error)
      })
    }, (err: unknown) => { for (const get of gets) checker.getFailed(get, err as Error) })
  }

  // ---- changing ----

  #change (node: SimNode): void {
    const random = this.#random
    const { plan: { keys } } = this.#init
    const what = random()
    const key = this.#key()
    if (what < 0.45) this.#remove(node, 'remove', [key], signal => node.group.remove(key, { signal }))
    else if (what < 0.65) this.#set(node, key)
    else if (what < 0.78) {
      const some = [...new Set([key, this.#key(), this.#key()])]
      this.#remove(node, 'removeMany', some, signal => node.group.removeMany(some, { signal }))
    } else if (what < 0.9) {
      const tag = tagOf(key)
      this.#remove(node, 'removeByTag', keys.filter(each => tagOf(each) === tag), signal => node.group.removeByTag(tag, { signal }))
    } else this.#remove(node, 'clear', keys, signal => node.group.clear({ signal }))
  }

  #remove (node: SimNode, what: string, keys: readonly string[], work: (signal: AbortSignal) => Promise<void>): void {
    const { checker, origin } = this.#init
    for (const key of keys) origin.update(key)
    const mayLeave = this.#random() < 0.03
    const controller = new AbortController()
    if (mayLeave) node.clock.setTimeout(() => { controller.abort() }, this.#random() * 100)
    const change = checker.call(node, what, keys, mayLeave)
    this.#lookAt(keys, MEANWHILE)
    work(controller.signal).then(() => {
      checker.resolved(change)
      this.#lookAt(keys)
    }, (err: unknown) => { checker.unresolved(change, err as Error) })
  }

  #set (node: SimNode, key: string): void {
    const { checker, origin, stamp } = this.#init
    const version = origin.update(key)
    const source = { key, version, born: Infinity }
    const change = checker.call(node, 'set', [key])
    this.#lookAt([key], MEANWHILE)
    node.group.set(key, { key, version, source: origin.newSource(source) }, { tags: [tagOf(key)] }).then(() => {
      source.born = stamp()
      checker.resolved(change)
      this.#lookAt([key])
    }, (err: unknown) => { checker.unresolved(change, err as Error) })
  }

  #lookAt (keys: readonly string[], within = CURIOUS): void {
    const random = this.#random
    for (let left = Math.floor(random() * 4); left > 0; left--) {
      const key = keys[Math.floor(random() * keys.length)] as string
      const node = this.#node()
      this.#init.network.scheduler.after(random() < 0.5 && within === CURIOUS ? 0 : random() ** 2 * within, () => { this.#at(node, node => { this.#get(node, key) }) })
    }
  }
}

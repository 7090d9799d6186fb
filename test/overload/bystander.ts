// Somebody at an overloaded member who has nothing to do with it: gets and removals in another group, and a look
// at who is a member. Runs in the worker.

import type { Group, StandaloneGroupcache } from '../../src/index.js'

export interface BystanderReport {
  gets: number
  removals: number
  /** Milliseconds. */
  toAnswer: number[]
  toRemove: number[]
  faults: string[]
  leastMembers: number
  /** Of members that were given up, or left. */
  lost: string[]
}

const GET_EVERY = 20
const REMOVE_EVERY = 200
const KEYS = 100

export class Bystander {
  readonly #node: StandaloneGroupcache
  readonly #group: Group<string>
  readonly #report: BystanderReport = { gets: 0, removals: 0, toAnswer: [], toRemove: [], faults: [], leastMembers: Infinity, lost: [] }
  readonly #open = new Set<Promise<void>>()
  readonly #timers: NodeJS.Timeout[]
  #count = 0

  constructor (node: StandaloneGroupcache, group: Group<string>) {
    this.#node = node
    this.#group = group
    node.addEventListener('member:fail', this.#onLost)
    node.addEventListener('member:leave', this.#onLost)
    this.#timers = [setInterval(() => { this.#hold(this.#get()) }, GET_EVERY), setInterval(() => { this.#hold(this.#remove()) }, REMOVE_EVERY)]
  }

  async end (): Promise<BystanderReport> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.#open)
    this.#node.removeEventListener('member:fail', this.#onLost)
    this.#node.removeEventListener('member:leave', this.#onLost)
    return this.#report
  }

  readonly #onLost = (event: CustomEvent<{ name: string }>): void => { this.#report.lost.push(event.detail.name) }

  #hold (work: Promise<void>): void {
    this.#open.add(work)
    void work.then(() => this.#open.delete(work))
  }

  async #get (): Promise<void> {
    const report = this.#report
    const key = `other ${this.#count++ % KEYS}`
    const began = performance.now()
    report.leastMembers = Math.min(report.leastMembers, this.#node.members.length)
    report.gets++
    try {
      const value = await this.#group.get(key)
      if (value !== `value of ${key}`) report.faults.push(`${key}: ${value}`)
      report.toAnswer.push(performance.now() - began)
    } catch (err) {
      report.faults.push(`${key}: ${String(err)}`)
    }
  }

  async #remove (): Promise<void> {
    const began = performance.now()
    this.#report.removals++
    try {
      await this.#group.remove(`other ${this.#count % KEYS}`)
      this.#report.toRemove.push(performance.now() - began)
    } catch (err) {
      this.#report.faults.push(`a removal: ${String(err)}`)
    }
  }
}

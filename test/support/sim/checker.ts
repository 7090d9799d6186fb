// What has to be so, whatever happens. Of the guarantees in docs: G1 to G4 and G6, and that all comes to an end.
//
// No stale read: when a removal resolves, the nodes that it covers are given a bar for its keys, which is
// when it was called. Where a value is below the bar, that was born before, it is stale. A load is born
// when it begins. A set is born when it has resolved: how one that is under way comes out beside a
// removal, or one that has failed, is left open.
//
// A node is covered that the remover, or the owner, holds alive both when the removal is called and when
// it resolves, and one that was frozen all the while.
// - All that run are covered, and nothing is between them: a get anywhere, from whomever its answer comes.
// - Else what a covered node has in its own memory. A get may be answered by one that is not covered, and what such a one
//   answers may be kept by a node that takes it for the owner, being back there, until it has met those who removed.
// - What a node has that the network kept from the remover: that may have taken the key for its own, but
//   where it still takes the owner for the owner, its copies are covered.
// - When all has been well again for a while: everything everywhere, if one of those who knew of it is left.

import { Bars, CopyBars, LastingBars, MemoryBars } from './bars.js'
import { hasOnlyFrozen, longestBesideFrozen } from './beside-frozen.js'
import { Coverage } from './coverage.js'
import { LoadChecker } from './load-checker.js'
import { INJECTED } from './origin.js'
import type { Versioned } from './origin.js'
import type { Change, Get } from './operations.js'
import type { LoadCheckerInit } from './load-checker.js'
import type { SimNode } from './sim-node.js'
import type { SimNetwork } from './sim-network.js'
import type { Trace } from './trace.js'

/** Virtual milliseconds within which a caller has its answer: owner and successor silent, then the loader. */
const LONGEST_GET = 60_000
const LONGEST_REMOVAL = 75_000
export interface CheckerInit extends Pick<LoadCheckerInit, 'hasFailures' | 'refreshes' | 'queues' | 'keys' | 'origin'> {
  network: SimNetwork
  stamp: () => number
  /** How long after a disturbance all is as if there had been none. */
  calmAfter: number
  trace: Trace
}

export class Checker {
  failure: string | undefined
  readonly gets = new Set<Get>()
  readonly changes = new Set<Change>()
  readonly counts = { gets: 0, answered: 0, left: 0, failedLoads: 0, changes: 0, resolved: 0, unresolved: 0, slowestGet: 0, slowestChange: 0 }
  readonly #lastingBars = new LastingBars()
  readonly loads: LoadChecker
  readonly #getBars = new Bars()
  readonly #memoryBars = new MemoryBars()
  readonly #settledBars = new Bars()
  readonly #copyBars = new CopyBars()
  readonly #coverage: Coverage
  readonly #init: CheckerInit

  constructor (init: CheckerInit) {
    this.#init = init
    this.#coverage = new Coverage(init.network)
    this.loads = new LoadChecker({ ...init, now: () => this.now, isCalmSince: at => this.isCalmSince(at), fail: what => { this.fail(what) } })
  }

  get now (): number {
    return this.#init.network.scheduler.now
  }

  fail (what: string): void {
    if (this.failure !== undefined) return
    this.failure = what
    this.#init.trace.add('FAILED', what)
  }

  /** Nothing was done to the cluster for so long that it should be as good as new. */
  isCalmSince (at: number): boolean {
    const { network, calmAfter } = this.#init
    return at - network.disturbedAt > calmAfter && this.isOneView()
  }

  isOneView (): boolean {
    const processes = [...this.#init.network.processes.values()]
    const all = processes.map(({ id }) => id).sort().join()
    return processes.every(process => process.sees() === all)
  }

  // ---- gets ----

  begin (node: SimNode, key: string, mayLeave: boolean): Get {
    const get: Get = { node, key, bar: this.#getBars.at(node, key), beganAt: this.now, mayLeave }
    this.gets.add(get)
    this.counts.gets++
    this.loads.getBegins(key)
    return get
  }

  got (get: Get, value: Versioned): void {
    if (!this.#end(get)) return
    this.counts.answered++
    this.#init.trace.add(get.node.name, `get ${get.key} → v${value.version}, source ${value.source}`)
    this.#check(value, get.key, get.bar, `get of ${get.key} at ${get.node.name}, begun at ${get.beganAt.toFixed(2)},`)
  }

  getFailed (get: Get, err: Error): void {
    if (!this.#end(get)) return
    this.#init.trace.add(get.node.name, `get ${get.key} failed: ${err.name}: ${err.message}`)
    if (err.name === 'NotStartedError' && get.node.isStopped) return
    if (get.mayLeave && (err.name === 'TimeoutError' || err.name === 'AbortError')) {
      this.counts.left++
      return
    }
    const cause = String((err.cause as Error | undefined)?.message ?? '')
    if (err.name === 'LoadError' && this.#init.hasFailures && (cause.includes(INJECTED) || cause.includes('did not settle within'))) {
      this.counts.failedLoads++
      return
    }
    // where loads wait for their turn, one that would wait for too long is refused: that is overload, and said to be
    if (err.name === 'OverloadedError' && this.#init.queues && err.message.includes('loads are running')) {
      this.counts.failedLoads++
      return
    }
    this.fail(`G2: get of ${get.key} at ${get.node.name}, begun at ${get.beganAt.toFixed(2)}, failed with ${err.name}: ${err.message}`)
  }

  #end (get: Get): boolean {
    if (!this.gets.delete(get)) return false
    this.loads.getEnds(get.key)
    if (get.node.isGone) return false
    this.counts.slowestGet = Math.max(this.counts.slowestGet, this.now - get.beganAt)
    return true
  }

  #check (value: Versioned, key: string, bar: number, what: string): void {
    const source = this.#init.origin.sources.get(value.source)
    if (source === undefined || value.key !== key || source.key !== key) {
      this.fail(`a wrong value: ${what} was answered with ${JSON.stringify(value)}`)
    } else if (value.version > this.#init.origin.version(key)) {
      this.fail(`a version that never was: ${what} was answered with ${JSON.stringify(value)}`)
    } else if (source.born < bar) {
      this.fail(`G3: ${what} was answered with v${value.version} of source ${value.source}, from before a removal`)
    }
  }

  // ---- removals ----

  call (node: SimNode, what: string, keys: readonly string[], mayLeave = false): Change {
    const owners = keys.map(key => this.#coverage.ownerOf(key, node))
    const change: Change = {
      node,
      what,
      keys,
      owners,
      called: this.#init.stamp(),
      calledAt: this.now,
      held: [node, ...owners].map(each => this.#coverage.view(each)),
      wasWhole: this.#init.network.isWhole,
      mayLeave
    }
    this.#init.trace.add(node.name, `calls ${what} of ${keys.join()}, owned by ${owners.map(owner => owner?.name ?? '?').join()}`)
    this.changes.add(change)
    this.loads.removalBegins(what, keys)
    this.counts.changes++
    return change
  }

  resolved (change: Change): void {
    if (!this.#over(change)) return
    this.counts.resolved++
    const { node, keys, called } = change
    const { network } = this.#init
    this.#init.trace.add(node.name, `${change.what} of ${keys.join()} called at ${change.calledAt.toFixed(2)} resolved`)
    keys.forEach((key, i) => {
      const covered = this.#coverage.of(change, i)
      const owner = this.#coverage.ownerOf(key, node)
      const isApart = (process: SimNode): boolean => [node, owner].some(other => other !== undefined && network.wasCut(process, other, change.calledAt))
      const isWhole = [...network.processes.values()].every(process => covered.has(process) && !isApart(process))
      this.#lastingBars.add(key, called, isWhole ? undefined : covered)
      for (const process of covered) {
        if (isWhole) this.#getBars.raise(process, key, called)
        if (!isApart(process)) this.#memoryBars.set(process, key, called, covered)
        else if (owner !== undefined && owner !== process) this.#copyBars.set(process, key, called, owner)
      }
    })
    if (this.now - change.calledAt > longestBesideFrozen(change, network) && hasOnlyFrozen(change, network, this.#init.calmAfter)) {
      this.fail(`${change.what} of ${keys.join()} at ${node.name} took ${Math.round(this.now - change.calledAt)} ms with nothing worse than another member frozen`)
    }
    this.audit(keys)
  }

  unresolved (change: Change, err: Error): void {
    if (!this.#over(change, 35_000)) return
    this.counts.unresolved++
    this.#init.trace.add(change.node.name, `${change.what} of ${change.keys.join()} failed: ${err.name}: ${err.message}`)
    if (change.node.isStopped || (change.mayLeave && err.name === 'AbortError')) return
    if (this.isCalmSince(change.calledAt)) this.fail(`a removal failed though nothing was wrong: ${change.what} of ${change.keys.join()} at ${change.node.name}: ${err.name}: ${err.message}`)
  }

  #over (change: Change, echo = 0): boolean {
    if (!this.changes.delete(change)) return false
    this.loads.removalEnds(change.what, change.keys, echo)
    if (change.node.isGone) return false
    this.counts.slowestChange = Math.max(this.counts.slowestChange, this.now - change.calledAt)
    return true
  }

  /** All is well again: what was removed anywhere is stale everywhere. */
  settled (): void {
    for (const process of this.#init.network.processes.values()) {
      for (const key of this.#lastingBars.keys()) {
        const bar = this.#lastingBars.at(key)
        this.#getBars.raise(process, key, bar)
        this.#settledBars.raise(process, key, bar)
      }
    }
    this.audit()
  }

  // ---- now and then ----

  /** What the nodes have in memory, without a get that would change it. */
  audit (keys: Iterable<string> = this.#lastingBars.keys()): void {
    for (const key of keys) {
      for (const process of this.#init.network.processes.values()) {
        const bar = Math.max(this.#memoryBars.at(process, key), this.#copyBars.at(process, key), this.#settledBars.at(process, key))
        if (bar === 0 || process.isFrozen || !process.core.peers.isOpen) continue
        const value = process.group.peek(key)
        if (value !== undefined) this.#check(value, key, bar, `peek at ${key} at ${process.name} at ${this.now.toFixed(2)}`)
      }
    }
  }

  /** Everything comes to an end, and nobody works in vain. */
  tick (): void {
    const { now } = this
    const isLate = (node: SimNode, began: number, most: number): boolean => !node.isFrozen && now - Math.max(began, node.frozenAt) > most
    for (const get of this.gets) {
      if (get.node.isGone) this.#end(get)
      else if (isLate(get.node, get.beganAt, LONGEST_GET)) this.fail(`get of ${get.key} at ${get.node.name}, begun at ${get.beganAt.toFixed(2)}, does not settle`)
    }
    for (const change of this.changes) {
      if (change.node.isGone) this.#over(change)
      else if (isLate(change.node, change.calledAt, LONGEST_REMOVAL)) this.fail(`${change.what} of ${change.keys.join()} at ${change.node.name}, called at ${change.calledAt.toFixed(2)}, does not settle`)
    }
    this.loads.tick()
    for (const { group } of this.#init.network.processes.values()) {
      const { items, bytes, hotItems, hotBytes } = group.stats()
      if (Math.min(items, bytes, hotItems, hotBytes) < 0) this.fail('a count below zero')
    }
  }
}

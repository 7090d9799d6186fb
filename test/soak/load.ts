// What one process of the long run asks of its caches, at a constant rate, and whether it was answered rightly.
// Runs in the worker.

import { faultOf, keysWith, large, small, tagOf, valueOf, versionOf, LARGE_KEYS, SMALL_KEYS } from './values.js'
import { seeded } from '../support/seeds.js'
import type { OriginClient } from '../support/origin.js'
import type { Group } from '../../src/index.js'
import type { Value } from './values.js'

export interface Groups {
  values: Group<Value>
  blobs: Group<Uint8Array>
  /** Its loader throws, hangs or takes its time, as the key says. */
  faulty: Group<string>
}

/** What came of it so far. */
export interface Tally {
  gets: number
  removals: number
  /** Gets that ended as was meant: aborted by their callers, out of time, or with the loader's own error. */
  aborted: number
  timedOut: number
  loadErrors: number
}

export interface LoadInit {
  groups: Groups
  origin: OriginClient
  seed: number
  perSecond: number
  /** Shared by many gets, and never aborted. */
  signal: AbortSignal
  /** Since this moment no get may be answered with a version before this one. */
  onFloor: (keys: string[], version: number) => void
  /** What should not have happened, in words. */
  onFault: (what: string) => void
}

/** Milliseconds between two lots. */
const TICK = 20
/** Gets that may wait at a time; arrivals beyond are counted as faults. */
const MAX_OPEN = 2_000
/** Of a get of a slow key, in ms. */
const PATIENCE = 150

export class SoakLoad {
  readonly tally: Tally = { gets: 0, removals: 0, aborted: 0, timedOut: 0, loadErrors: 0 }
  readonly #init: LoadInit
  readonly #random: () => number
  readonly #open = new Set<Promise<void>>()
  readonly #floors = new Map<string, number>()
  /** What is done, each with its part of the whole. */
  readonly #acts: ReadonlyArray<readonly [number, () => Promise<void>]>
  #timer: NodeJS.Timeout | undefined

  constructor (init: LoadInit) {
    this.#init = init
    this.#random = seeded(init.seed)
    this.#acts = [
      [0.71, () => this.#getSmall()],
      [0.02, () => this.#getLarge()],
      [0.06, () => this.#getMany()],
      [0.04, () => this.#getAborted()],
      [0.04, () => this.#getLate()],
      [0.04, () => this.#getFailing()],
      [0.01, () => this.#getHanging()],
      [0.045, () => this.#remove()],
      [0.02, () => this.#set()],
      [0.008, () => this.#removeMany()],
      [0.004, () => this.#removeLarge()],
      [0.002, () => this.#removeByTag()],
      [0.0005, () => this.#clear()]
    ]
  }

  /** As many as are due by the clock, whether or not those before have their answers. */
  start (): void {
    const began = performance.now()
    let count = 0
    this.#timer = setInterval(() => {
      const due = (performance.now() - began) * this.#init.perSecond / 1_000
      // of a process that was frozen: they would come all at once
      if (due - count > this.#init.perSecond) count = Math.floor(due)
      for (; count < due; count++) this.#act()
    }, TICK)
  }

  /** Resolves when all that was begun has come to an end. */
  async end (): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
  }

  /** Since now, no get of these keys may be answered with an older version. */
  raise (keys: readonly string[], version: number): void {
    for (const key of keys) this.#floors.set(key, Math.max(version, this.#floors.get(key) ?? 0))
  }

  #act (): void {
    if (this.#open.size >= MAX_OPEN) return this.#fault(`${MAX_OPEN} calls are open`)
    let left = this.#random()
    const [, act] = this.#acts.find(([share]) => (left -= share) < 0) ?? [0, () => this.#getSmall()]
    const work = act()
    this.#open.add(work)
    void work.then(() => this.#open.delete(work))
  }

  async #getSmall (): Promise<void> {
    const key = this.#smallKey()
    const floor = this.#floors.get(key)
    const options = this.#random() < 0.2 ? { signal: this.#init.signal } : undefined
    await this.#expectValue(key, () => this.#init.groups.values.get(key, options), value => { this.#check(key, value, floor) })
  }

  async #getLarge (): Promise<void> {
    const key = large(this.#rank(LARGE_KEYS))
    const floor = this.#floors.get(key)
    await this.#expectValue(key, () => this.#init.groups.blobs.get(key), blob => {
      const version = versionOf(key, blob)
      if (typeof version === 'string') this.#fault(`${key}: ${version}`)
      else this.#checkVersion(key, version, floor)
    })
  }

  async #getMany (): Promise<void> {
    const keys = Array.from({ length: 20 }, () => this.#smallKey())
    const floors = keys.map(key => this.#floors.get(key))
    await this.#expectValue('many', () => this.#init.groups.values.getMany(keys), values => {
      for (const [i, key] of keys.entries()) this.#check(key, values[i] as Value, floors[i])
    })
  }

  /** Its caller leaves, at once or a moment later: it rejects with the caller's reason, or was quicker. */
  async #getAborted (): Promise<void> {
    const controller = new AbortController()
    const reason = new Error('the caller has left')
    const delay = this.#random() * 10
    setTimeout(() => { controller.abort(reason) }, delay < 3 ? 0 : delay)
    const isLarge = this.#random() < 0.1
    const { values, blobs } = this.#init.groups
    const key = isLarge ? large(this.#rank(LARGE_KEYS)) : this.#smallKey()
    await this.#expectFailure(isLarge ? blobs.get(key, controller) : values.get(key, controller), 'aborted', err => err === reason)
  }

  async #getLate (): Promise<void> {
    await this.#expectFailure(this.#init.groups.faulty.get(`slow ${this.#rank(500)}`, { timeout: PATIENCE }), 'timedOut', err => nameOf(err) === 'TimeoutError')
  }

  async #getFailing (): Promise<void> {
    await this.#expectFailure(this.#init.groups.faulty.get(`throws ${this.#rank(500)}`), 'loadErrors', err => nameOf(err) === 'LoadError')
  }

  async #getHanging (): Promise<void> {
    await this.#expectFailure(this.#init.groups.faulty.get(`hangs ${this.#rank(50)}`), 'loadErrors', err => nameOf(err) === 'LoadError')
  }

  #remove (): Promise<void> {
    const key = this.#smallKey()
    return this.#change([key], () => this.#init.groups.values.remove(key))
  }

  #removeMany (): Promise<void> {
    const keys = [...new Set(Array.from({ length: 10 }, () => this.#smallKey()))]
    return this.#change(keys, () => this.#init.groups.values.removeMany(keys))
  }

  #removeLarge (): Promise<void> {
    const key = large(this.#rank(LARGE_KEYS))
    return this.#change([key], () => this.#init.groups.blobs.remove(key))
  }

  #removeByTag (): Promise<void> {
    const tag = tagOf(this.#smallKey())
    return this.#change(keysWith(tag), () => this.#init.groups.values.removeByTag(tag))
  }

  /** Without new versions at the origin, which would be one for every key. */
  #clear (): Promise<void> {
    return this.#change([], () => this.#init.groups.values.clear())
  }

  async #set (): Promise<void> {
    const key = this.#smallKey()
    const tags = [tagOf(key)]
    return this.#change([key], version => this.#init.groups.values.set(key, valueOf(key, version, 'set'), { tags, ttl: 20_000 }))
  }

  /** The new version is at the origin before the cluster is told. */
  async #change (keys: string[], make: (version: number) => Promise<void>): Promise<void> {
    const { origin, onFloor } = this.#init
    this.tally.removals++
    try {
      const version = keys.length === 0 ? 0 : await origin.bump(keys)
      await make(version)
      this.raise(keys, version)
      onFloor(keys, version)
    } catch (err) {
      this.#fault(`a change of ${keys.slice(0, 3).join(', ')}: ${String(err)}`)
    }
  }

  async #expectValue<T> (what: string, get: () => Promise<T>, check: (value: T) => void): Promise<void> {
    this.tally.gets++
    try {
      check(await get())
    } catch (err) {
      this.#fault(`${what}: ${String(err)}`)
    }
  }

  async #expectFailure (get: Promise<unknown>, as: 'aborted' | 'timedOut' | 'loadErrors', isMeant: (err: unknown) => boolean): Promise<void> {
    this.tally.gets++
    try {
      await get
      // who fails never brings a value; who leaves may have had it before
      if (as === 'loadErrors') this.#fault('a value came of a loader that fails')
    } catch (err) {
      if (isMeant(err)) this.tally[as]++
      else this.#fault(`${as} expected, got ${String(err)}`)
    }
  }

  #check (key: string, value: Value, floor: number | undefined): void {
    const fault = faultOf(key, value)
    if (fault !== undefined) this.#fault(`${key}: ${fault}`)
    // a set and a change that overlap take effect in either order
    else if (value.by === 'load') this.#checkVersion(key, value.version, floor)
  }

  #checkVersion (key: string, version: number, floor = 0): void {
    if (version < floor) this.#fault(`${key}: version ${version} after ${floor} was the oldest that there may be`)
  }

  #fault (what: string): void {
    this.#init.onFault(what)
  }

  #smallKey (): string {
    return small(this.#rank(SMALL_KEYS))
  }

  /** Low ones often. */
  #rank (count: number): number {
    return Math.floor(count * this.#random() ** 3)
  }
}

function nameOf (err: unknown): string {
  return err instanceof Error ? err.name : typeof err
}

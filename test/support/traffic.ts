// Reads and updates of one process in front of an origin, noted for the checker. Runs in the worker.

import { now } from './history.js'
import { seeded } from './seeds.js'
import { KEYS, tagOf } from './origin.js'
import type { FailedRead, Read, Update, UpdateKind } from './history.js'
import type { OriginClient } from './origin.js'
import type { Group } from '../../src/index.js'

/** Milliseconds between two lots of reads, unless told otherwise. */
const TICK = 10
/** What was noted is told this often, so that little is lost with a process that is killed. */
const REPORT_INTERVAL = 100
/** Reads that may wait at a time. */
const MAX_OPEN = 2_000
/** Milliseconds between two lots after which the process must have been frozen. */
const STANDSTILL = 500
/** One lot in so many is a getMany. */
const MANY_EVERY = 10

/** @property since - nanoseconds */
export interface Waiting { keys: readonly string[], since: number }

export interface Report { reads: Read[], failures: FailedRead[] }

export interface TrafficInit {
  node: string
  group: Group<string>
  origin: OriginClient
  seed: number
  perSecond: number
  report: (report: Report) => void
  /** @default KEYS */
  keys?: readonly string[]
  /** @default TICK */
  tick?: number
  /** Bytes that values are made longer by. @default 0 */
  padding?: number
}

/** The value of a key as it travels. */
export function valueOf (key: string, version: number, by: 'load' | 'set', padding = 0): string {
  return padding === 0 ? `${key} ${version} ${by}` : `${key} ${version} ${by} ${'x'.repeat(padding)}`
}

export class Traffic {
  readonly #init: TrafficInit
  readonly #random: () => number
  #noted: Report = { reads: [], failures: [] }
  readonly #open = new Map<Promise<void>, Waiting>()
  #timers: NodeJS.Timeout[] = []
  #lots = 0
  #lastLotAt = Infinity
  readonly #keys: readonly string[]

  constructor (init: TrafficInit) {
    this.#init = init
    this.#keys = init.keys ?? KEYS
    this.#random = seeded(init.seed)
  }

  /** Begins reads at a constant rate, whether the earlier ones have been answered or not. */
  start (): void {
    this.#timers = [setInterval(() => { this.#lot() }, this.#init.tick ?? TICK), setInterval(() => { this.#report() }, REPORT_INTERVAL)]
  }

  /** Resolves when all that was begun has been answered, and told. */
  async end (): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.#open.keys())
    this.#report()
  }

  /** Gets under way. */
  get open (): number {
    return this.#open.size
  }

  /** Gets under way, the oldest first. */
  get waiting (): Waiting[] {
    return [...this.#open.values()]
  }

  /** Reads each key once. */
  async sweep (): Promise<void> {
    await Promise.all(this.#keys.map(key => this.#get(key)))
    this.#report()
  }

  /** Writes a new version, then has the cluster forget, or take over, the old one. */
  async update (kind: UpdateKind, keys: string[]): Promise<Update> {
    const { node, group, origin, padding } = this.#init
    const [key] = keys as [string]
    const version = await origin.bump(keys)
    const update: Update = { kind, keys, version, begin: now(), end: 0, node, owners: this.#owners(keys) }
    try {
      if (kind === 'set') await group.set(key, valueOf(key, version, 'set', padding), { tags: [tagOf(key)] })
      else if (kind === 'remove') await group.remove(key)
      else if (kind === 'removeMany') await group.removeMany(keys)
      else if (kind === 'removeByTag') await group.removeByTag(tagOf(key))
      else await group.clear()
      update.end = now()
      update.owners = [...new Set([...update.owners ?? [], ...this.#owners(keys)])]
    } catch (err) {
      update.end = now()
      update.error = nameOf(err)
    }
    return update
  }

  #owners (keys: readonly string[]): string[] {
    return [...new Set(keys.map(key => this.#init.group.owner(key).peerId.toString()))]
  }

  #lot (): void {
    const hasJustWoken = now() - this.#lastLotAt > STANDSTILL * 1e6
    this.#lastLotAt = now()
    if (this.#open.size >= MAX_OPEN) return
    const count = Math.round(this.#init.perSecond * (this.#init.tick ?? TICK) / 1_000)
    // all at once, in its first tick: what was removed meanwhile must not be answered by any of them
    const keys = hasJustWoken ? this.#keys : Array.from({ length: count }, () => this.#keys[Math.floor(this.#random() * this.#keys.length)] as string)
    // memory alone, first: what it would answer must not be old either
    for (const key of keys) this.#peek(key)
    if (this.#lots++ % MANY_EVERY === 0) this.#hold(keys, this.#getMany(keys))
    else for (const key of keys) this.#hold([key], this.#get(key))
  }

  #hold (keys: readonly string[], read: Promise<void>): void {
    this.#open.set(read, { keys, since: now() })
    void read.then(() => this.#open.delete(read))
  }

  #peek (key: string): void {
    const begin = now()
    const value = this.#init.group.peek(key)
    if (value !== undefined) this.#note(key, value, begin)
  }

  async #get (key: string): Promise<void> {
    const begin = now()
    try {
      this.#note(key, await this.#init.group.get(key), begin)
    } catch (err) {
      this.#fail(key, err, begin)
    }
  }

  async #getMany (keys: readonly string[]): Promise<void> {
    const begin = now()
    try {
      const values = await this.#init.group.getMany(keys)
      for (const [i, value] of values.entries()) this.#note(keys[i] as string, value, begin)
    } catch (err) {
      this.#fail(keys.join(), err, begin)
    }
  }

  #note (key: string, value: string, begin: number): void {
    const [of, version, by] = value.split(' ')
    if (of !== key) this.#fail(key, new Error(`answered ${value}`), begin)
    else this.#noted.reads.push({ key, version: Number(version), isSet: by === 'set', begin, end: now(), node: this.#init.node })
  }

  #fail (key: string, err: unknown, begin: number): void {
    this.#noted.failures.push({ key, error: String(err), causes: causesOf(err), begin, end: now(), node: this.#init.node })
  }

  #report (): void {
    this.#init.report(this.#noted)
    this.#noted = { reads: [], failures: [] }
  }
}

/** Names and messages, the outermost first. */
function causesOf (err: unknown): string[] {
  const causes: string[] = []
  for (let cause = err; cause instanceof Error && causes.length < 8; cause = cause.cause) causes.push(`${cause.name}: ${cause.message}`)
  return causes
}

function nameOf (err: unknown): NonNullable<Update['error']> {
  const { name, message, members = [], peerId } = err as Error & { members?: unknown[], peerId?: unknown }
  return { name, message, members: [...members, ...peerId === undefined ? [] : [peerId]].map(String) }
}

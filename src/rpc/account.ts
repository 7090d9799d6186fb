// What one peer has under way here, over all its streams and connections, and what it may still ask for.

import { MAX_LONG_BYTES } from '../constants.js'
import { OverloadedError } from '../errors.js'
import { Allowance } from './allowance.js'
import { Share } from './fair-turns.js'
import { Lane } from './lane.js'
import type { Clock } from '../clock.js'
import type { Kind } from './allowance.js'

export class Account {
  readonly requests = new Lane(true)
  /** Apart: a peer that waits for as many values as it may has to be heard when it removes some. */
  readonly forgets = new Lane(false)
  readonly share = new Share()
  /** Apart: a member that hands over what it has asks meanwhile, and is asked. */
  readonly offerShare = new Share()
  /** Streams on which tables are swapped, and offers made. */
  tables = 0
  offers = 0
  /** For each stream of its, the bytes of large values that wait there. */
  readonly #queues = new Set<() => number>()
  /** By group, bytes of the large value that last found no room, unless there has been room since. */
  readonly #leftOut = new Map<string, number>()
  readonly #allowance = new Allowance()
  readonly #clock: Clock

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** @throws ProtocolViolationError when it has had more than any honest peer asks for */
  spend (kind: Kind, cost?: number): void {
    this.#allowance.spend(kind, this.#clock.now(), cost)
  }

  /** @returns to be called when the stream has ended */
  addQueue (longBytes: () => number): () => void {
    this.#queues.add(longBytes)
    return () => { this.#queues.delete(longBytes) }
  }

  /** On all its streams together; on each by itself the writer does the same. One is always taken. @throws OverloadedError */
  checkLong (group: string, bytes: number): void {
    this.#leftOut.set(group, bytes)
    const reason = this.whyNotToLoad(group)
    if (reason !== undefined) throw new OverloadedError(reason)
  }

  /**
   * For who was refused a large value nothing of its group is loaded until there is room for as much: it would be for nothing, and who
   * asks and does not read would have this node load without end.
   *
   * @returns undefined = there is room
   */
  whyNotToLoad (group: string): string | undefined {
    const leftOut = this.#leftOut.get(group)
    if (leftOut === undefined) return undefined
    let sum = 0
    for (const longBytes of this.#queues) sum += longBytes()
    if (sum > 0 && sum + leftOut > MAX_LONG_BYTES) return `${sum} bytes of large values wait for one peer`
    this.#leftOut.delete(group)
    return undefined
  }

  /** Whether it has nothing under way, and all of its allowance: as if nothing was known of it. */
  get isIdle (): boolean {
    return this.requests.open + this.forgets.open + this.tables + this.offers + this.#queues.size === 0 && this.#allowance.isWhole(this.#clock.now())
  }
}

/** So many are not worth a look. */
const MIN_LIMIT = 64

export class Accounts {
  readonly #clock: Clock
  readonly #accounts = new Map<string, Account>()
  /** How many there may be before those are looked for that say nothing. */
  #limit = MIN_LIMIT

  constructor (clock: Clock) {
    this.#clock = clock
  }

  get size (): number {
    return this.#accounts.size
  }

  of (id: string): Account {
    let account = this.#accounts.get(id)
    if (account === undefined) {
      if (this.#accounts.size >= this.#limit) this.#prune()
      this.#accounts.set(id, account = new Account(this.#clock))
    }
    return account
  }

  clear (): void {
    this.#accounts.clear()
  }

  /** What is left has something under way, which is bounded elsewhere, or was here in the last minutes. */
  #prune (): void {
    for (const [id, account] of this.#accounts) if (account.isIdle) this.#accounts.delete(id)
    // not at each newcomer, where most of them stay
    this.#limit = Math.max(MIN_LIMIT, 2 * this.#accounts.size)
  }
}

// Keeps what members hold of each other's values coherent: the removals of this node's callers, its
// part in those of others, and what it has to know before it may answer from memory.

import { NotStartedError } from '@libp2p/interface'
import { pause } from '../clock.js'
import { LEASE, MAX_MEMBERS, REJOIN_TIME } from '../constants.js'
import { abortReason, onAbortOf } from '../flight/abort-signal.js'
import { Announcer } from './announcer.js'
import { CatchUp } from './catch-up.js'
import { Coordinator } from './coordinator.js'
import { RecentRemovals } from './recent-removals.js'
import { RemovalLog } from './removal-log.js'
import { Remover } from './remover.js'
import { Standing } from './standing.js'
import type { Clock } from '../clock.js'
import type { Announced, Hop, Removal, Replacement, Ticket } from '../rpc/removal.js'
import type { CoherenceNetwork, Forgetful } from './network.js'
import type { Logger } from '@libp2p/interface'

/** Between attempts to ask a member that is back. */
const CATCH_UP_PAUSE = 500

export interface CoherenceInit {
  network: CoherenceNetwork
  groups: ReadonlyMap<string, Forgetful>
  /** @throws GroupNotFoundError */
  group: (name: string) => Forgetful
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
  log: Logger
}

export class Coherence {
  readonly standing: Standing
  /** What this node was told of. */
  readonly recent = new RecentRemovals()
  readonly #init: CoherenceInit
  readonly #removals: RemovalLog
  readonly #announcer: Announcer
  readonly #coordinator: Coordinator
  readonly #remover: Remover
  readonly #catchUp: CatchUp
  /** Members that left the ring, and may come back with values. */
  readonly #lost = new Set<string>()
  /** Members that this process stays in touch with, having been frozen, and how long. */
  readonly #touchUntil = new Map<string, number>()
  #isRunning = false
  /**
   * Rejects each removal under way when the node stops: what is pending then is not known to be done. Not one promise that they
   * all wait for: it would keep something of each of them for as long as the node runs.
   */
  readonly #underWay = new Set<(err: Error) => void>()
  #stoppedWith: Error | undefined

  constructor (init: CoherenceInit) {
    this.#init = init
    const { network, groups, clock } = init
    this.#removals = new RemovalLog(clock)
    this.#announcer = new Announcer(init)
    this.#coordinator = new Coordinator({ ...init, announcer: this.#announcer, removals: this.#removals, recent: this.recent })
    this.#remover = new Remover({ ...init, announcer: this.#announcer, coordinator: this.#coordinator })
    this.#catchUp = new CatchUp({ ...init, recent: this.recent, learn: missed => { this.#coordinator.learn(missed) } })
    this.standing = new Standing({
      clock,
      onLapse: () => { for (const group of groups.values()) group.detachAll() },
      catchUp: elapsed => this.#catchUpWithAll(network.members(), elapsed)
    })
  }

  start (): void {
    this.#isRunning = true
    this.#stoppedWith = undefined
    this.#catchUp.start()
    this.standing.start()
  }

  stop (): void {
    this.#isRunning = false
    this.#stoppedWith = new NotStartedError('the node was stopped while a removal was under way')
    for (const reject of this.#underWay) reject(this.#stoppedWith)
    this.standing.stop()
    this.#lost.clear()
  }

  // ---- for callers of this node ----

  /**
   * Resolves when no member holds what was removed, nor can answer with it.
   *
   * @throws InvalidationIncompleteError | NotStartedError when the node stops meanwhile
   */
  async remove (removal: Removal, signal?: AbortSignal): Promise<void> {
    await this.#until(signal, removal, isOver => this.#remover.remove(removal, isOver))
  }

  /** As {@link remove}, with a new value in its place. @throws OwnerUnreachableError */
  async set (replacement: Replacement, signal?: AbortSignal): Promise<void> {
    const removal: Removal = { kind: 'keys', group: replacement.group, keys: [replacement.key] }
    await this.#until(signal, removal, isOver => this.#remover.set(replacement, isOver))
  }

  // ---- for other members ----

  serveRemove (ticket: Ticket, removal: Removal, hop: Hop): Promise<number> {
    return this.#coordinator.remove(ticket, removal, hop)
  }

  /** One that was frozen asks first whether others have seen to it meanwhile: then, or if nobody can say, it would store an old value. */
  serveSet (ticket: Ticket, replacement: Replacement, hop: Hop): Promise<number> {
    const { drops } = this.#catchUp
    const { group, key } = replacement
    return this.#inGoodStanding(async () => drops === this.#catchUp.drops
      ? this.#coordinator.set(ticket, replacement, hop)
      : this.#coordinator.remove(ticket, { kind: 'keys', group, keys: [key] }, hop))
  }

  serveForget (from: string, ticket: Ticket, removal: Removal): Promise<void> {
    return this.#coordinator.forget(from, ticket, removal)
  }

  serveCatchUp (elapsed: number): Announced[] | 'all' {
    return this.#removals.missedIn(elapsed)
  }

  /** A peer begins to ask: it is answered when this resolves, not at all when it rejects. */
  onPeer (id: string): Promise<void> {
    return this.#catchUp.with(id)
  }

  // ---- what becomes of the ring ----

  onRingChange (): void {
    this.#announcer.onRingChange()
  }

  onLost (id: string): void {
    this.#lost.add(id)
    for (const oldest of this.#lost) {
      if (this.#lost.size <= MAX_MEMBERS) break
      this.#lost.delete(oldest)
    }
  }

  /** A member that comes back may have been on the other side of a partition, where removals were made. */
  onJoin (id: string): void {
    if (!this.#lost.delete(id) || !this.#isRunning) return
    this.#init.network.retry(id)
    void this.standing.suspendFor(async () => {
      if (await this.#isCaughtUpWith(id)) return
      this.#catchUp.dropAll()
      void this.#keepCatchingUpWith(id)
    })
  }

  /**
   * 1. This process is starved of the CPU: its event loop turns, but what others ask it is answered too late; 2. they give it up, and
   * remove what it still has; 3. it hears of 2., and contradicts. Before it does, it answers no more from memory until it knows what it missed.
   */
  onGivenUp (): void {
    if (this.#isRunning) void this.standing.suspendFor(() => this.#catchUpWithEach(this.#init.network.members(), id => this.#catchUp.with(id)))
  }

  /**
   * 1. A member gives this process up while it is frozen; 2. this one wakes, and asks what it missed; 3. something is removed
   * before it is a member again to that one. It is told, as whoever was in touch a lease ago.
   */
  async #stayInTouchWith (id: string): Promise<void> {
    const { network, clock, log } = this.#init
    const isUnderWay = this.#touchUntil.has(id)
    this.#touchUntil.set(id, clock.now() + REJOIN_TIME)
    if (isUnderWay) return
    while (clock.now() < (this.#touchUntil.get(id) ?? -Infinity)) {
      await pause(clock, LEASE / 2)
      if (!this.#isRunning || !network.members().includes(id)) break
      await network.ping(id).catch((err: unknown) => { log('no touch with %s - %e', id, err) })
    }
    this.#touchUntil.delete(id)
  }

  /**
   * It may be a while before that member can be reached from here. What is taken from others meanwhile may be
   * old, if they have not caught up either.
   */
  async #keepCatchingUpWith (id: string): Promise<void> {
    do {
      await pause(this.#init.clock, CATCH_UP_PAUSE)
      if (!this.#isRunning || !this.#init.network.members().includes(id)) return
    } while (!await this.#isCaughtUpWith(id))
  }

  async #isCaughtUpWith (id: string): Promise<boolean> {
    try {
      await this.#catchUp.with(id)
      return true
    } catch (err) {
      this.#init.log('%s is back but could not be asked what was missed - %e', id, err)
      return false
    }
  }

  async #catchUpWithAll (ids: readonly string[], elapsed: number): Promise<void> {
    await this.#catchUpWithEach(ids, async id => {
      await this.#catchUp.insist(id, elapsed)
      void this.#stayInTouchWith(id)
    })
  }

  /** Where one cannot be asked, everything is dropped. */
  async #catchUpWithEach (ids: readonly string[], ask: (id: string) => Promise<void>): Promise<void> {
    const { network, log } = this.#init
    const outcomes = await Promise.all(ids.map(async id => {
      try {
        await ask(id)
        return true
      } catch (err) {
        log('%s could not be asked what was missed - %e', id, err)
        if (network.isGone(id)) return true
        void this.#keepCatchingUpWith(id).then(() => this.#stayInTouchWith(id))
        return false
      }
    }))
    if (outcomes.includes(false)) this.#catchUp.dropAll()
  }

  /** 1. this process was frozen, and given up by the others; 2. it removes, by its old ring, what others own now. So it asks them first. */
  async #inGoodStanding<T> (work: () => Promise<T>): Promise<T> {
    if (this.#init.clock.now() >= this.standing.until) await this.standing.regain()
    return work()
  }

  async #until (signal: AbortSignal | undefined, removal: Removal, work: (isOver: () => boolean) => Promise<void>): Promise<void> {
    let isOver = false
    const ended = Promise.withResolvers<never>()
    const listenNoMore = onAbortOf(signal, () => { ended.reject(abortReason(signal)) })
    this.#underWay.add(ended.reject)
    if (this.#stoppedWith !== undefined) ended.reject(this.#stoppedWith)
    try {
      const done = this.#inGoodStanding(() => work(() => isOver || !this.#isRunning))
      await Promise.race([done, ended.promise])
    } catch (err) {
      // the copies here are gone in any case
      this.#init.groups.get(removal.group)?.forget(removal)
      throw err
    } finally {
      isOver = true
      this.#underWay.delete(ended.reject)
      listenNoMore()
    }
  }
}

// A member that was out of touch with another one is told by it which removals it missed, before it
// answers it anything: after a partition, after a freeze, and when the two first meet.

import { pause, within } from '../clock.js'
import { CATCH_UP_TIMEOUT } from '../constants.js'
import { ConnectionLostError, PeerUnreachableError } from '../errors.js'
import type { Clock } from '../clock.js'
import type { Announced } from '../rpc/removal.js'
import type { CoherenceNetwork, Forgetful } from './network.js'
import type { RecentRemovals } from './recent-removals.js'
import type { Logger } from '@libp2p/interface'

/** Milliseconds until a member is asked again that could not be. */
const RETRY_PAUSE = 200

export interface CatchUpInit {
  network: Pick<CoherenceNetwork, 'catchUp' | 'lastContact' | 'isGone' | 'revoke'>
  groups: ReadonlyMap<string, Forgetful>
  recent: RecentRemovals
  /** Takes in what was missed. */
  learn: (missed: readonly Announced[]) => void
  clock: Clock
  log: Logger
}

export class CatchUp {
  readonly #init: CatchUpInit
  readonly #underWay = new Map<string, Promise<void>>()
  #holdsSince = 0
  #drops = 0

  constructor (init: CatchUpInit) {
    this.#init = init
  }

  /** From now on this node may hold values. */
  start (): void {
    this.#holdsSince = this.#init.clock.now()
  }

  /** How often everything was dropped: where that has changed, what was removed meanwhile is not known. */
  get drops (): number {
    return this.#drops
  }

  /** With one peer, for all the time without contact. Rejects when it does not answer. */
  with (id: string): Promise<void> {
    const underWay = this.#underWay.get(id)
    if (underWay !== undefined) return underWay
    const since = Math.max(this.#init.network.lastContact(id) ?? -Infinity, this.#holdsSince)
    const work = this.after(id, this.#init.clock.now() - since).finally(() => { this.#underWay.delete(id) })
    this.#underWay.set(id, work)
    return work
  }

  /**
   * With one peer, for the last `elapsed` milliseconds, again and again while it cannot be asked: 1. this process is frozen;
   * 2. the peer gives it up, and cuts their connections; 3. this one wakes, and asks on what is left of them. Rejects when
   * that took CATCH_UP_TIMEOUT, or when the peer is gone.
   */
  async insist (id: string, elapsed: number): Promise<void> {
    const { clock, network, log } = this.#init
    const begin = clock.now()
    for (;;) {
      const passed = clock.now() - begin
      try {
        await this.after(id, elapsed + passed, CATCH_UP_TIMEOUT - passed)
        return
      } catch (err) {
        if (network.isGone(id) || clock.now() + RETRY_PAUSE >= begin + CATCH_UP_TIMEOUT) throw err
        log('%s could not be asked yet what was missed - %e', id, err)
      }
      await pause(clock, RETRY_PAUSE)
    }
  }

  /** With one peer, for the last `elapsed` milliseconds. Rejects when it does not answer. */
  async after (id: string, elapsed: number, timeout = CATCH_UP_TIMEOUT): Promise<void> {
    const { clock, network } = this.#init
    const missed = await within(clock, timeout, network.catchUp(id, elapsed), () => {
      throw new PeerUnreachableError(id, `it did not say within ${Math.round(timeout)} ms what was missed`)
    })
    if (missed === 'all') {
      this.dropAll()
      return
    }
    this.#init.learn(missed)
  }

  /** More was missed than anybody knows. */
  dropAll (): void {
    const { groups, network, recent, clock, log } = this.#init
    log('dropping everything: too much was missed')
    this.#drops++
    for (const [group, holder] of groups) holder.forget({ kind: 'all', group })
    this.#holdsSince = clock.now()
    recent.lose(clock.now())
    // nor is it known which copies the others should not have any more
    network.revoke(new ConnectionLostError('this node does not know what was removed'))
  }
}

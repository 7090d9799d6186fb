// Tells members of a removal, and waits until none of them can answer with what was removed.

import { pause, within } from '../clock.js'
import { INVALIDATION_TIMEOUT, LEASE, MAX_STANDSTILL } from '../constants.js'
import { ConnectionLostError } from '../errors.js'
import { hash32 } from '../ring/hash.js'
import type { Clock } from '../clock.js'
import type { Removal, Ticket } from '../rpc/removal.js'
import type { CoherenceNetwork } from './network.js'
import type { Logger } from '@libp2p/interface'

/** Milliseconds until a member is told again that could not be. */
const RETRY_PAUSE = 200

export interface AnnouncerInit {
  network: CoherenceNetwork
  clock: Clock
  log: Logger
}

export class Announcer {
  readonly #init: AnnouncerInit
  #ringChangedAt = -Infinity

  constructor (init: AnnouncerInit) {
    this.#init = init
  }

  /** Whether this node may have granted leases for keys that have another owner now. */
  get wasOwnerLately (): boolean {
    return this.#init.clock.now() < this.#ringChangedAt + LEASE
  }

  onRingChange (): void {
    this.#ringChangedAt = this.#init.clock.now()
  }

  /** Members, and whoever else may have a copy of this node's. */
  audience (except?: string): Set<string> {
    const { network } = this.#init
    const audience = new Set([...network.members(), ...network.holders().keys()])
    audience.delete(network.self)
    if (except !== undefined) audience.delete(except)
    return audience
  }

  /**
   * Resolves when each has confirmed, or cannot have a running lease any more.
   *
   * @returns those that have confirmed, or that are gone for certain
   */
  async tell (ids: Iterable<string>, ticket: Ticket, removal: Removal): Promise<string[]> {
    const outcomes = await Promise.all([...ids].map(async id => await this.#tellOne(id, ticket, removal) ? [id] : []))
    return outcomes.flat()
  }

  async #tellOne (id: string, ticket: Ticket, removal: Removal): Promise<boolean> {
    const { network, clock, log } = this.#init
    const hasConfirmed = await this.#confirmation(id, ticket, removal)
    if (hasConfirmed || network.isGone(id)) return true
    // 1. its lease is running; 2. it asks for something and is answered; 3. that would be contact, and renew
    // the lease. So nothing is answered any more; a new stream begins with what was missed.
    const end = this.#leaseEnd(id)
    log('%s did not confirm a removal; waiting for its lease to end', id)
    network.cut(id, new ConnectionLostError('a removal was not confirmed'))
    if (end > clock.now()) await pause(clock, end - clock.now())
    return false
  }

  /** A stream may break under it, so that one failure says nothing; who is dead is not asked again. */
  async #confirmation (id: string, ticket: Ticket, removal: Removal): Promise<boolean> {
    const { network, clock, log } = this.#init
    const start = clock.now()
    for (;;) {
      const told = network.forget(id, ticket, removal).then(() => true, (err: unknown) => {
        log('%s could not be told of a removal - %e', id, err)
        return false
      })
      const outcome = await this.#whileInTouch(id, start, told)
      if (outcome !== false) return outcome === true
      if (network.isGone(id) || clock.now() + RETRY_PAUSE >= start + MAX_STANDSTILL) return false
      await pause(clock, RETRY_PAUSE)
    }
  }

  /** Waits for as long as the member is in touch. @returns undefined when it is not any more */
  async #whileInTouch (id: string, start: number, told: Promise<boolean>): Promise<boolean | undefined> {
    const { network, clock } = this.#init
    for (;;) {
      // it may have to be connected to first; if it is frozen for longer, it asks what it missed before it answers anything
      const patience = Math.max(start + MAX_STANDSTILL, this.#leaseEnd(id), network.lease(id)?.until ?? -Infinity)
      const left = Math.min(start + INVALIDATION_TIMEOUT, patience) - clock.now()
      if (left <= 0) return undefined
      const outcome = await within(clock, left, told, () => undefined)
      if (outcome !== undefined) return outcome
    }
  }

  /**
   * When the member's copies are dead by themselves. Not only those that this node knows of: 1. the owner
   * grants a lease; 2. it dies, and this node owns the key; 3. the holder, in touch with the dead one
   * until then, is cut off from this node. Its copy lives for a lease from 2.
   */
  #leaseEnd (id: string): number {
    return Math.max(this.#init.network.holders().get(id) ?? -Infinity, this.#ringChangedAt + LEASE)
  }
}

/** Two sets of members have the same digest when they are the same, but for a chance of 2⁻³². */
export function digestOf (ids: Iterable<string>): number {
  let sum = 0
  for (const id of ids) sum = (sum + hash32(id)) >>> 0
  return sum
}

// Which member is connected to when, and what a dial that fails says about it.

import { isPresent } from './member-record.js'
import type { MemberRecord } from './member-record.js'
import type { MembershipTransport } from './membership-transport.js'
import type { Timers } from './timers.js'

/**
 * Members learn of each other from tables and news; their connections follow at leisure, spread over
 * this long per member known, so that a mass join does not drown in handshakes. A get connects at once.
 */
const SPREAD_PER_MEMBER = 150
const MAX_SPREAD = 5_000
/** The one of a pair with the lower id dials; the other one only if that has not happened this much later. */
const DIAL_PATIENCE = 2_000
/** Members that are being connected to at a time. */
const MAX_CONNECTING = 2
/** A member whose connection was lost is given up after so many failed dials, unless its host refuses sooner. */
const REDIALS = 2
const REDIAL_PAUSE = 250
/** The pause before a member that was never reached, but that others vouch for, is tried again. */
const RETRY_UNREACHED = 5_000

export interface ConnectorInit {
  self: string
  transport: Pick<MembershipTransport, 'connect' | 'isConnected'>
  timers: Timers
  random: () => number
  get: (id: string) => MemberRecord | undefined
  /** How many members there are. */
  size: () => number
  /** There is strong evidence that a member is gone. */
  onDead: (id: string) => void
}

export class Connector {
  readonly #init: ConnectorInit
  /** Members whose turn has come. */
  readonly #queue = new Set<string>()
  readonly #recovering = new Set<string>()
  #connecting = 0
  #isRunning = true

  constructor (init: ConnectorInit) {
    this.#init = init
  }

  /** Connects to a member that was heard of, when it is its turn. */
  reach (id: string): void {
    const { self, random, size, transport } = this.#init
    if (transport.isConnected(id)) return
    const spread = Math.min(MAX_SPREAD, SPREAD_PER_MEMBER * size())
    this.#enqueue(id, random() * spread + (self < id ? 0 : spread + DIAL_PATIENCE))
  }

  /** The connection to a member was lost: connects again, or finds that it is dead. */
  async recover (id: string): Promise<void> {
    if (this.#recovering.has(id)) return
    this.#recovering.add(id)
    let isBack = await this.#redial(id)
    // a connection that breaks again while this goes on is not reported anew
    while (isBack && this.#isRunning && !this.#init.transport.isConnected(id)) {
      await this.#init.timers.pause(REDIAL_PAUSE)
      isBack = await this.#redial(id)
    }
    this.#recovering.delete(id)
    // it may have dialled us meanwhile, our own dials still waiting for an answer from before
    if (!isBack && this.#isRunning && !this.#init.transport.isConnected(id)) this.#init.onDead(id)
  }

  stop (): void {
    this.#isRunning = false
    this.#queue.clear()
  }

  async #redial (id: string): Promise<boolean> {
    for (let left = REDIALS; left > 0 && this.#isRunning; left--) {
      const outcome = await this.#init.transport.connect(id)
      if (outcome !== 'failed') return outcome === 'connected'
      await this.#init.timers.pause(REDIAL_PAUSE)
    }
    return false
  }

  #enqueue (id: string, delay: number): void {
    this.#init.timers.after(delay, () => {
      this.#queue.add(id)
      void this.#next()
    })
  }

  async #next (): Promise<void> {
    const { transport, random, get, onDead } = this.#init
    for (const id of this.#queue) {
      if (this.#connecting >= MAX_CONNECTING) return
      this.#queue.delete(id)
      const record = get(id)
      if (record === undefined || !isPresent(record) || transport.isConnected(id)) continue
      this.#connecting++
      const outcome = await transport.connect(id)
      this.#connecting--
      if (!this.#isRunning) return
      if (outcome === 'refused') onDead(id)
      // others may reach it although we cannot, or it is only busy
      if (outcome === 'failed') this.#enqueue(id, RETRY_UNREACHED * (0.5 + random()))
    }
  }
}

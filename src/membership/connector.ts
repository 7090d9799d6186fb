// Which member is connected to when, and what a dial that fails says about it.

import { isPresent } from './member-record.js'
import type { Clock } from '../clock.js'
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
/**
 * After each of these connections a rest of so many times as long as it took: where many nodes share a machine that is
 * busy, those that are not in the cluster yet come first.
 */
const REST = 2
/** Between dials to a member whose connection was lost. */
const REDIAL_PAUSE = 250
/** The pause before a member that could not be reached, but that nobody has given up, is tried again. */
const RETRY_UNREACHED = 5_000

export interface ConnectorInit {
  self: string
  transport: Pick<MembershipTransport, 'connect' | 'isConnected'>
  clock: Clock
  timers: Timers
  random: () => number
  get: (id: string) => MemberRecord | undefined
  /** How many members there are. */
  size: () => number
  /** Its host refuses: there is strong evidence that a member is gone. */
  onDead: (id: string) => void
  /** It cannot be reached from here. */
  onUnreachable: (id: string) => void
}

export class Connector {
  readonly #init: ConnectorInit
  /** Members that a timer is set for: one each, however often they come and go. */
  readonly #waiting = new Set<string>()
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
    const { transport, timers, get, onDead, onUnreachable } = this.#init
    if (this.#recovering.has(id)) return
    this.#recovering.add(id)
    const isWanted = (): boolean => {
      const record = get(id)
      return this.#isRunning && record !== undefined && isPresent(record) && !transport.isConnected(id)
    }
    // a connection that breaks again while this goes on is not reported anew
    while (isWanted()) {
      const outcome = await transport.connect(id)
      // it may have dialled us meanwhile, our own dial still waiting for an answer from before
      if (outcome === 'refused' && isWanted()) onDead(id)
      if (outcome === 'failed' && isWanted()) onUnreachable(id)
      await timers.pause(REDIAL_PAUSE)
    }
    this.#recovering.delete(id)
  }

  stop (): void {
    this.#isRunning = false
    this.#queue.clear()
  }

  #enqueue (id: string, delay: number): void {
    if (this.#waiting.has(id)) return
    this.#waiting.add(id)
    this.#init.timers.after(delay, () => {
      this.#waiting.delete(id)
      this.#queue.add(id)
      void this.#next()
    })
  }

  async #next (): Promise<void> {
    const { transport, clock, timers, random, get, onDead, onUnreachable } = this.#init
    for (const id of this.#queue) {
      if (this.#connecting >= MAX_CONNECTING) return
      this.#queue.delete(id)
      const record = get(id)
      if (record === undefined || !isPresent(record) || transport.isConnected(id)) continue
      this.#connecting++
      const begin = clock.now()
      const outcome = await transport.connect(id)
      if (!this.#isRunning) return
      if (outcome === 'refused') onDead(id)
      if (outcome === 'failed') {
        // others may reach it although we cannot: then it is not given up
        onUnreachable(id)
        this.#enqueue(id, RETRY_UNREACHED * (0.5 + random()))
      }
      await timers.pause(REST * (clock.now() - begin))
      this.#connecting--
    }
  }
}

// Who is in the cluster: the rules. No network, no timers, no randomness of its own: all are handed in.
//
// SWIM (Das, Gupta, Motivala 2002) with Lifeguard's refinements (Dadgar, Phillips, Currey 2017). This file holds what
// this node says of itself and asks of others; verdicts.ts, what it holds of them; detector.ts finds out who is silent.

import { Connector } from './connector.js'
import { DeathNotices } from './death-notices.js'
import { Detector } from './detector.js'
import { isPlausible } from './hearsay.js'
import { MAX_INCARNATION, isPresent, sameList, saysTheSame } from './member-record.js'
import { MemberTable } from './member-table.js'
import { Redialler } from './redialler.js'
import { Timers } from './timers.js'
import { Verdicts } from './verdicts.js'
import type { Clock } from '../clock.js'
import type { MemberRecord } from './member-record.js'
import type { MembershipTransport } from './membership-transport.js'
import type { Timing } from '../interface/timing.js'
import type { MemberChange } from './verdicts.js'

export interface MembershipInit {
  self: MemberRecord
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
  transport: MembershipTransport
  timing: Timing
  onChange: (change: MemberChange) => void
}

/**
 * A node that learns of new members asks on, of one random member each time, until it learns nothing
 * new: that spreads a mass join in a few rounds, even while everybody is connected to one seed only.
 */
const ASK_ON_AFTER = 200
/** Then it tells the others of itself: who is new to us may not know us. Gossip links take a moment to form. */
const ANNOUNCE_AFTER = 1_000

export class Membership {
  readonly #init: MembershipInit
  readonly #table = new MemberTable()
  readonly #timers: Timers
  readonly #detector: Detector
  readonly #notices: DeathNotices
  readonly #verdicts: Verdicts
  readonly #redialler: Redialler
  #connector: Connector
  #self: MemberRecord
  #isRunning = false
  #isAskingOn = false
  #isAnnouncing = false

  constructor (init: MembershipInit) {
    const { clock, random, transport, timing } = init
    this.#init = init
    this.#self = init.self
    const timers = this.#timers = new Timers(clock, random)
    this.#detector = new Detector({
      transport,
      clock,
      timers,
      random,
      timing,
      onAnswer: id => { if (this.#verdicts.answered(id)) this.connected(id) },
      onSilence: id => { this.#verdicts.silent(id) },
      onPeriod: () => { this.#verdicts.tryTheSilent() }
    })
    const publish = (news: MemberRecord): void => { transport.publish(news) }
    this.#notices = new DeathNotices({ timers, random, publish })
    this.#verdicts = new Verdicts({ self: init.self.id, clock, table: this.#table, detector: this.#detector, notices: this.#notices, timing, publish, onChange: change => { this.#onChange(change) } })
    this.#redialler = new Redialler({ transport, timers, random, interval: timing.redialInterval, dead: () => this.#idsOf('dead') })
    this.#connector = this.#newConnector()
  }

  /** This node's own record; what an exchange begins with. */
  get self (): MemberRecord {
    return this.#self
  }

  /** @param addresses - where this node listens, known only now */
  start (addresses: readonly string[]): void {
    this.#isRunning = true
    this.#connector = this.#newConnector()
    const { state, incarnation } = this.#self
    // after a goodbye only a higher incarnation is believed
    this.#self = { ...this.#self, addresses, state: 'alive', incarnation: state === 'left' ? incarnation + 1 : incarnation }
    this.#table.merge(this.#self, this.#init.clock.now())
    this.#announce()
    this.#timers.every(this.#init.timing.exchangeInterval, () => { this.#exchangeWithOne() })
    this.#redialler.start()
    this.#detector.start()
  }

  /** This node is reached elsewhere now; a new incarnation carries that to the others. */
  readdress (addresses: readonly string[]): void {
    if (!this.#isRunning || sameList(addresses, this.#self.addresses)) return
    this.#speak({ ...this.#self, addresses, incarnation: this.#self.incarnation + 1 })
  }

  /** Says goodbye: to all by gossip, and to each connected member directly, who then has it for certain. */
  async leave (): Promise<void> {
    this.#self = { ...this.#self, state: 'left' }
    this.#table.merge(this.#self, this.#init.clock.now())
    this.#init.transport.publish(this.#self)
    await Promise.allSettled(this.#connected().map(id => this.#init.transport.exchange(id)))
  }

  stop (): void {
    this.#isRunning = this.#isAskingOn = this.#isAnnouncing = false
    this.#connector.stop()
    this.#timers.clear()
    // whoever starts again asks anew: nobody tells a stopped node what became of the others
    this.#table.clear()
    this.#verdicts.clear()
  }

  /** Alive and suspect members, this one included. */
  present (): MemberRecord[] {
    return this.#table.present()
  }

  /** Everything known, to be sent in an exchange: this node's own record first. */
  records (): MemberRecord[] {
    return [this.#self, ...this.#table.all().filter(({ id }) => id !== this.#self.id)]
  }

  get (id: string): MemberRecord | undefined {
    return this.#table.get(id)
  }

  // ---- what others say ----

  /** News from the topic. Only a member itself can say that it is alive or that it leaves. */
  hear (author: string, news: MemberRecord): void {
    if (!this.#isRunning) return
    const isAccusation = news.state === 'suspect' || news.state === 'dead'
    if (news.state === 'dead') this.#notices.withdraw(news.id)
    if (!isAccusation) this.#spread(news.id === author && news.id !== this.#self.id && this.#verdicts.take(news))
    else if (news.id !== this.#self.id) this.#verdicts.hearAccusation(author, news)
    else if (this.#verdicts.mayAccuse(author) && isPlausible(news, this.#self)) this.#refute(news)
  }

  /** Takes in the table of a peer, its own record first. */
  learn (from: string, records: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    let isNew = false
    for (const record of records) {
      if (record.id === this.#self.id) this.#refute(record)
      else isNew = (record.id === from ? this.#verdicts.take(record) : this.#verdicts.takeSecondHand(record)) || isNew
    }
    this.#spread(isNew)
  }

  // ---- what connections say ----

  /** A connection to a peer of this cluster has opened, and we dialled. */
  connected (id: string): void {
    if (!this.#isRunning) return
    // who cannot be talked to is found out when its connection closes; the transport logs why
    this.#init.transport.exchange(id).catch(() => {})
  }

  /** The last connection to a peer has closed. */
  disconnected (id: string): void {
    const record = this.#table.get(id)
    if (!this.#isRunning || record === undefined || !isPresent(record)) return
    void this.#connector.recover(id)
    void this.#detector.probe(id)
  }

  // ---- what this node says of itself ----

  /** Somebody says of this node what is not so, or speaks of its previous life: a higher incarnation settles it. */
  #refute (record: MemberRecord): void {
    if (this.#self.state === 'left') return
    if (record.incarnation < this.#self.incarnation) return
    if (record.incarnation === this.#self.incarnation && saysTheSame(record, this.#self)) return
    if (record.state === 'suspect') this.#detector.health.worse()
    this.#speak({ ...this.#self, incarnation: Math.min(record.incarnation + 1, MAX_INCARNATION) })
  }

  /** Replaces what this node says of itself, here and everywhere. */
  #speak (self: MemberRecord): void {
    this.#self = self
    this.#table.merge(self, this.#init.clock.now())
    this.#init.onChange({ kind: 'update', member: self })
    this.#init.transport.publish(self)
  }

  // ---- what this node tells and asks ----

  /** Who learns of somebody new asks on, and tells of itself. */
  #spread (isNew: boolean): void {
    if (!isNew) return
    this.#askOn()
    this.#announce()
  }

  #askOn (): void {
    if (this.#isAskingOn) return
    this.#isAskingOn = true
    this.#timers.after(ASK_ON_AFTER * (0.5 + this.#init.random()), () => {
      this.#isAskingOn = false
      this.#exchangeWithOne()
    })
  }

  #announce (): void {
    if (this.#isAnnouncing) return
    this.#isAnnouncing = true
    this.#timers.after(ANNOUNCE_AFTER, () => {
      this.#isAnnouncing = false
      this.#init.transport.publish(this.#self)
      this.#exchangeWithOne()
    })
  }

  #exchangeWithOne (): void {
    this.#table.forgetDead(this.#init.clock.now())
    const ids = this.#connected()
    const id = ids[Math.floor(this.#init.random() * ids.length)]
    if (id !== undefined) this.connected(id)
  }

  #onChange (change: MemberChange): void {
    this.#init.onChange(change)
    if (change.kind === 'join') this.#connector.reach(change.member.id)
  }

  #newConnector (): Connector {
    const { self, transport, clock, random } = this.#init
    return new Connector({
      self: self.id,
      transport,
      clock,
      timers: this.#timers,
      random,
      get: id => this.#table.get(id),
      size: () => this.#table.presentCount,
      onDead: id => { this.#verdicts.dead(id) },
      onUnreachable: id => { void this.#detector.probe(id) }
    })
  }

  #connected (): string[] {
    return this.#table.present().map(({ id }) => id).filter(id => id !== this.#self.id && this.#init.transport.isConnected(id))
  }

  #idsOf (state: MemberRecord['state']): string[] {
    return this.#table.all().filter(record => record.state === state).map(({ id }) => id)
  }
}

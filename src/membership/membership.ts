// Who is in the cluster: the rules. No network, no timers, no randomness of its own: all are handed in.
//
// SWIM (Das, Gupta, Motivala 2002) with Lifeguard's refinements (Dadgar, Phillips, Currey 2017). This file holds what
// this node says of itself and asks of others; verdicts.ts, what it holds of them; detector.ts finds out who is silent.

import { Connector } from './connector.js'
import { DeathNotices } from './death-notices.js'
import { Detector } from './detector.js'
import { isRefutable } from './hearsay.js'
import { Acquaintance } from './acquaintance.js'
import { MAX_INCARNATION, isPresent, sameList, saysTheSame } from './member-record.js'
import { MemberTable } from './member-table.js'
import { Redialler } from './redialler.js'
import { Refutations } from './refutations.js'
import { Strangers } from './strangers.js'
import { Timers } from './timers.js'
import { Verdicts } from './verdicts.js'
import type { MemberRecord } from './member-record.js'
import type { MembershipInit } from './membership-init.js'
import type { MemberChange } from './verdicts.js'

export class Membership {
  readonly #init: MembershipInit
  readonly #table = new MemberTable()
  readonly #timers: Timers
  readonly #detector: Detector
  readonly #verdicts: Verdicts
  readonly #redialler: Redialler
  readonly #acquaintance: Acquaintance
  readonly #refutations: Refutations
  readonly #strangers: Strangers
  #connector: Connector
  #self: MemberRecord
  #isRunning = false

  constructor (init: MembershipInit) {
    const { clock, random, transport, timing, log = () => {}, onLie = () => {} } = init
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
    const notices = new DeathNotices({ timers, random, publish })
    const strangers = this.#strangers = new Strangers({ self: init.self.id, transport, clock, timers, random, onLie })
    this.#verdicts = new Verdicts({ self: init.self.id, clock, table: this.#table, detector: this.#detector, notices, strangers, timing, publish, log, onChange: change => { this.#onChange(change) } })
    this.#redialler = new Redialler({ transport, timers, random, interval: timing.redialInterval, dead: () => this.#table.met().flatMap(({ state, id }) => state === 'dead' ? id : []) })
    this.#refutations = new Refutations({ timers, contradict: incarnation => { this.#contradict(incarnation) } })
    this.#acquaintance = new Acquaintance({ timers, random, ask: () => { this.#exchangeWithOne() }, tell: () => { publish(this.#self) } })
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
    const { self: { weight } } = this.#init
    const { state, incarnation } = this.#self
    // after a goodbye only a higher incarnation is believed
    this.#self = { ...this.#self, addresses, weight, state: 'alive', incarnation: state === 'left' ? incarnation + 1 : incarnation }
    this.#table.merge(this.#self, this.#init.clock.now())
    this.#acquaintance.announce()
    this.#timers.every(this.#init.timing.exchangeInterval, () => { this.#exchangeWithOne() })
    this.#redialler.start()
    this.#detector.start()
  }

  /** This node is reached elsewhere now; a new incarnation carries that to the others. */
  readdress (addresses: readonly string[]): void {
    if (!this.#isRunning || sameList(addresses, this.#self.addresses)) return
    this.#speak({ ...this.#self, addresses, incarnation: this.#self.incarnation + 1 })
  }

  /** That this one owns nothing any more, being about to leave. Here it does until {@link withdraw}: who has not heard of it asks this node. */
  announceWithdrawal (): Promise<void> {
    return this.#tellAll({ ...this.#self, weight: 0, incarnation: this.#self.incarnation + 1 })
  }

  withdraw (): void { this.#init.onChange({ kind: 'update', member: this.#self }) }

  /** Says goodbye. */
  leave (): Promise<void> {
    return this.#tellAll({ ...this.#self, state: 'left' })
  }

  /** By gossip, and each connected member directly, who then has it for certain. */
  async #tellAll (self: MemberRecord): Promise<void> {
    this.#self = self
    this.#table.merge(self, this.#init.clock.now())
    this.#init.transport.publish(self)
    await Promise.allSettled(this.#connected().map(id => this.#init.transport.exchange(id)))
  }

  stop (): void {
    this.#isRunning = false
    this.#connector.stop()
    this.#timers.clear()
    this.#acquaintance.stop()
    this.#refutations.stop()
    // whoever starts again asks anew: nobody tells a stopped node what became of the others
    this.#table.clear()
    this.#verdicts.clear()
  }

  /** Alive and suspect members, this one included. */
  present (): MemberRecord[] {
    return this.#table.present()
  }

  /** What is sent in an exchange: this node's own record first. Of those whom it has not met, each finds out for itself. */
  records (): MemberRecord[] {
    return [this.#self, ...this.#table.met().filter(({ id }) => id !== this.#self.id)]
  }

  get (id: string): MemberRecord | undefined {
    return this.#table.get(id)
  }

  /** Where somebody listens, members or not, as far as it is known. */
  addressesOf (id: string): readonly string[] {
    return [...new Set([...this.#strangers.addressesOf(id), ...this.#table.get(id)?.addresses ?? []])]
  }

  // ---- what others say ----

  /** News from the topic. Only a member itself can say that it is alive or that it leaves. */
  hear (author: string, news: MemberRecord): void {
    if (!this.#isRunning) return
    if (author === this.#self.id) return
    if (news.id === author) {
      if (this.#verdicts.takeOwnWord(news)) this.#acquaintance.spread()
    } else if (news.state === 'alive' || news.state === 'left') this.#verdicts.refuse(author, news, 'only a member itself can say that')
    else if (news.id !== this.#self.id) this.#verdicts.hearAccusation(author, news)
    // whoever says so has missed what this node has said since
    else if (news.incarnation < this.#self.incarnation) this.#refutations.refute(news.incarnation)
    else this.#refute(author, news)
  }

  /** Takes in the table of a peer, its own record first. */
  learn (from: string, records: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    let isNew = false
    for (const record of records) {
      if (record.id === this.#self.id) this.#refute(from, record)
      else isNew = (record.id === from ? this.#verdicts.takeOwnWord(record) : this.#verdicts.takeSecondHand(from, record)) || isNew
    }
    this.#table.meet(from)
    if (isNew) this.#acquaintance.spread()
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
  #refute (by: string, record: MemberRecord): void {
    if (this.#self.state === 'left') return
    if (record.incarnation < this.#self.incarnation) return
    if (record.incarnation === this.#self.incarnation && saysTheSame(record, this.#self)) return
    if (!isRefutable(record, this.#self.incarnation)) {
      this.#verdicts.refuse(by, record, 'nobody believes that')
      return
    }
    if (record.state === 'suspect') this.#detector.health.worse()
    if (record.state === 'dead') this.#init.onGivenUp?.()
    this.#refutations.refute(record.incarnation)
  }

  #contradict (incarnation: number): void {
    if (this.#self.state === 'left') return
    this.#speak({ ...this.#self, incarnation: Math.min(Math.max(incarnation, this.#self.incarnation) + 1, MAX_INCARNATION) })
  }

  /** Replaces what this node says of itself, here and everywhere. */
  #speak (self: MemberRecord): void {
    this.#self = self
    this.#table.merge(self, this.#init.clock.now())
    this.#init.onChange({ kind: 'update', member: self })
    this.#init.transport.publish(self)
  }

  // ---- what this node tells and asks ----

  #exchangeWithOne (): void {
    this.#table.forgetDead(this.#init.clock.now())
    const ids = this.#connected()
    const id = ids[Math.floor(this.#init.random() * ids.length)]
    const { sponsor } = this.#verdicts
    // a newcomer learns most from the one that it believes, but there may be many of those
    const isForSponsor = sponsor !== undefined && ids.includes(sponsor) && this.#init.random() < 0.5
    if (id !== undefined) this.connected(isForSponsor ? sponsor : id)
    // a connection may be lost without a word
    for (const { id } of this.#table.present()) if (id !== this.#self.id) this.#connector.reach(id)
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
}

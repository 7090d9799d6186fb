// Who is in the cluster: the rules. No network, no timers, no randomness of its own: all are handed in.
//
// SWIM's dissemination and incarnations (Das, Gupta, Motivala 2002, §4), with connections as the
// failure detector: a member whose connection closes and who cannot be redialled is dead.

import { EXCHANGE_INTERVAL } from '../constants.js'
import { Connector } from './connector.js'
import { MAX_INCARNATION, isPresent, sameList, saysTheSame } from './member-record.js'
import { MemberTable } from './member-table.js'
import { Timers } from './timers.js'
import type { Clock } from '../clock.js'
import type { MemberRecord } from './member-record.js'
import type { MembershipTransport } from './membership-transport.js'

export interface MemberChange {
  kind: 'join' | 'leave' | 'fail' | 'update'
  member: MemberRecord
}

export interface MembershipInit {
  self: MemberRecord
  clock: Clock
  /** From 0 to 1, as Math.random. */
  random: () => number
  transport: MembershipTransport
  onChange: (change: MemberChange) => void
  exchangeInterval?: number
}

/**
 * A node that learns of new members asks on, of one random member each time, until it learns nothing
 * new: that spreads a mass join in a few rounds, even while everybody is connected to one seed only.
 */
const ASK_ON_AFTER = 200
/** Then it tells the others of itself: who is new to us may not know us. Gossip links take a moment to form. */
const ANNOUNCE_AFTER = 1_000
/** One dead member is redialled this often: that is what heals a partition. */
const REDIAL_INTERVAL = 5_000

export class Membership {
  readonly #init: MembershipInit
  readonly #table = new MemberTable()
  readonly #timers: Timers
  #connector: Connector
  #self: MemberRecord
  #isRunning = false
  #isAskingOn = false
  #isAnnouncing = false

  constructor (init: MembershipInit) {
    this.#init = init
    this.#self = init.self
    this.#timers = new Timers(init.clock, init.random)
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
    this.#timers.every(this.#init.exchangeInterval ?? EXCHANGE_INTERVAL, () => { this.#exchangeWithOne() })
    this.#timers.every(REDIAL_INTERVAL, () => { this.#redialOne() })
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

  /** News from the topic. Only a member itself can say that it is alive or that it leaves. */
  hear (author: string, news: MemberRecord): void {
    const isOwnWord = news.state === 'alive' || news.state === 'left'
    if (!isOwnWord || news.id === author) this.learn([news])
  }

  /** Takes in what another member told. */
  learn (records: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    let isNew = false
    for (const record of records) {
      if (record.id === this.#self.id) this.#refute(record)
      else if (record.state === 'dead' && this.#isDoubtful(record)) this.#verify(record)
      else isNew = this.#merge(record) || isNew
    }
    if (!isNew) return
    this.#askOn()
    this.#announce()
  }

  /** A connection to a peer of this cluster has opened, and we dialled. */
  connected (id: string): void {
    if (!this.#isRunning) return
    // who cannot be talked to is found out when its connection closes; the transport logs why
    this.#init.transport.exchange(id).catch(() => {})
  }

  /** The last connection to a peer has closed. */
  disconnected (id: string): void {
    const record = this.#table.get(id)
    if (this.#isRunning && record !== undefined && isPresent(record)) void this.#connector.recover(id)
  }

  /** @returns whether a member came in that was not known */
  #merge (record: MemberRecord): boolean {
    const merged = this.#table.merge(record, this.#init.clock.now())
    if (merged === 'old') return false
    const was = merged.before !== undefined && isPresent(merged.before)
    const is = isPresent(record)
    if (is && !was) {
      this.#init.onChange({ kind: 'join', member: record })
      this.#connector.reach(record.id)
    } else if (was && !is) {
      this.#init.onChange({ kind: record.state === 'left' ? 'leave' : 'fail', member: record })
    } else if (is) {
      this.#init.onChange({ kind: 'update', member: record })
    }
    return is && merged.before === undefined
  }

  /** Somebody says of this node what is not so, or speaks of its previous life: a higher incarnation settles it. */
  #refute (record: MemberRecord): void {
    if (this.#self.state === 'left') return
    if (record.incarnation < this.#self.incarnation) return
    if (record.incarnation === this.#self.incarnation && saysTheSame(record, this.#self)) return
    this.#speak({ ...this.#self, incarnation: Math.min(record.incarnation + 1, MAX_INCARNATION) })
  }

  /** Replaces what this node says of itself, here and everywhere. */
  #speak (self: MemberRecord): void {
    this.#self = self
    this.#table.merge(self, this.#init.clock.now())
    this.#init.onChange({ kind: 'update', member: self })
    this.#init.transport.publish(self)
  }

  /** Word of a death is not taken for granted while the connection to the dead is open. */
  #isDoubtful (record: MemberRecord): boolean {
    const known = this.#table.get(record.id)
    return known !== undefined && isPresent(known) && this.#init.transport.isConnected(record.id)
  }

  #verify (record: MemberRecord): void {
    void this.#init.transport.probe(record.id).then(answers => {
      if (!answers && this.#isRunning) this.#merge(record)
    })
  }

  #declareDead (id: string): void {
    const record = this.#table.get(id)
    if (record === undefined || !isPresent(record)) return
    const news: MemberRecord = { ...record, state: 'dead' }
    this.#merge(news)
    this.#init.transport.publish(news)
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
    const id = this.#pick(this.#connected())
    if (id !== undefined) this.connected(id)
  }

  #redialOne (): void {
    const id = this.#pick(this.#table.all().filter(({ state }) => state === 'dead').map(({ id }) => id))
    if (id === undefined) return
    // in an exchange a member that is not dead says so; a new connection makes for one by itself
    if (this.#init.transport.isConnected(id)) this.connected(id)
    else void this.#init.transport.connect(id)
  }

  #newConnector (): Connector {
    const { self, transport, random } = this.#init
    return new Connector({
      self: self.id,
      transport,
      timers: this.#timers,
      random,
      get: id => this.#table.get(id),
      size: () => this.#table.presentCount,
      onDead: id => { this.#declareDead(id) }
    })
  }

  #connected (): string[] {
    return this.#table.present().map(({ id }) => id).filter(id => id !== this.#self.id && this.#init.transport.isConnected(id))
  }

  #pick (ids: readonly string[]): string | undefined {
    return ids[Math.floor(this.#init.random() * ids.length)]
  }
}

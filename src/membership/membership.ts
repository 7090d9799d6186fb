// Who is in the cluster: the rules. No network, no timers, no randomness of its own: all are handed in.
//
// SWIM's dissemination and incarnations (Das, Gupta, Motivala 2002, §4), with connections as the
// failure detector: a member whose connection closes and who cannot be redialled is dead.

import { EXCHANGE_INTERVAL } from '../constants.js'
import { isPresent } from './member-record.js'
import { MemberTable } from './member-table.js'
import type { Clock, Timer } from '../clock.js'
import type { MemberRecord } from './member-record.js'

/** What the rules need of the network. Members are named by peer id. */
export interface MembershipTransport {
  /** Tells all members, best effort. */
  publish (news: MemberRecord): void
  /** Swaps whole tables with a connected member, and hands what comes back to {@link Membership.learn}. */
  exchange (id: string): Promise<void>
  /** Connects, unless connected; 'refused' = its host answers that nothing listens there. */
  connect (id: string): Promise<'connected' | 'refused' | 'failed'>
  /** Whether a connected member answers right now. */
  probe (id: string): Promise<boolean>
  isConnected (id: string): boolean
}

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

/** When a node that learnt of members tells them of itself: soon, and again because gossip links take a moment to form. */
const ANNOUNCE_AFTER = [150, 1_000] as const
/** The one of a pair with the lower id dials; the other one only if that has not happened by then. */
const DIAL_PATIENCE = 750
/** Attempts to reach a member whose host does not even refuse, and the pause before each further one. */
const CONNECT_ATTEMPTS = 3
const CONNECT_RETRY = 250
/** One dead member is redialled this often: that is what heals a partition. */
const REDIAL_INTERVAL = 5_000

export class Membership {
  readonly #init: MembershipInit
  readonly #table = new MemberTable()
  readonly #timers = new Set<Timer>()
  /** Members that are being connected to. */
  readonly #reaching = new Set<string>()
  #self: MemberRecord
  #isRunning = false
  #isAnnouncing = false

  constructor (init: MembershipInit) {
    this.#init = init
    this.#self = init.self
  }

  /** This node's own record; what an exchange begins with. */
  get self (): MemberRecord {
    return this.#self
  }

  /** @param addresses - where this node listens, known only now */
  start (addresses: readonly string[]): void {
    this.#isRunning = true
    this.#self = { ...this.#self, addresses, state: 'alive' }
    this.#table.merge(this.#self, this.#init.clock.now())
    this.#every(this.#init.exchangeInterval ?? EXCHANGE_INTERVAL, () => { this.#exchangeWithOne() })
    this.#every(REDIAL_INTERVAL, () => { this.#redialOne() })
  }

  /** Says goodbye: to all by gossip, and to each connected member directly, who then has it for certain. */
  async leave (): Promise<void> {
    this.#self = { ...this.#self, state: 'left' }
    this.#table.merge(this.#self, this.#init.clock.now())
    this.#init.transport.publish(this.#self)
    await Promise.allSettled(this.#connected().map(id => this.#init.transport.exchange(id)))
  }

  stop (): void {
    this.#isRunning = false
    for (const timer of this.#timers) this.#init.clock.clearTimeout(timer)
    this.#timers.clear()
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
    if (isOwnWord && news.id !== author) return
    this.learn([news])
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
    // who is new to us may not know us either
    if (isNew) this.#announce()
  }

  /** A connection to a peer of this cluster has opened, and we dialled. */
  connected (id: string): void {
    if (!this.#isRunning) return
    void this.#init.transport.exchange(id).catch(() => {
      // a member that cannot be talked to is found out when its connection closes
    })
  }

  /** The last connection to a peer has closed. */
  disconnected (id: string): void {
    const record = this.#table.get(id)
    if (record !== undefined && isPresent(record)) this.#reach(id, 0)
  }

  /** @returns whether a member came in that was not known */
  #merge (record: MemberRecord): boolean {
    const merged = this.#table.merge(record, this.#init.clock.now())
    if (merged === 'old') return false
    const was = merged.before !== undefined && isPresent(merged.before)
    const is = isPresent(record)
    if (is && !was) {
      this.#init.onChange({ kind: 'join', member: record })
      if (!this.#init.transport.isConnected(record.id)) this.#reach(record.id, this.#self.id < record.id ? 0 : DIAL_PATIENCE)
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
    if (record.incarnation < this.#self.incarnation || (record.incarnation === this.#self.incarnation && record.state === 'alive')) return
    this.#self = { ...this.#self, incarnation: record.incarnation + 1 }
    this.#table.merge(this.#self, this.#init.clock.now())
    this.#init.onChange({ kind: 'update', member: this.#self })
    this.#init.transport.publish(this.#self)
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

  /** Connects to a member, or finds that it is dead. */
  #reach (id: string, delay: number): void {
    if (this.#reaching.has(id) || !this.#isRunning) return
    this.#reaching.add(id)
    const attempt = (left: number): void => {
      void this.#init.transport.connect(id).then(outcome => {
        if (outcome === 'failed' && left > 1 && this.#isRunning) {
          this.#after(CONNECT_RETRY, () => { attempt(left - 1) })
          return
        }
        this.#reaching.delete(id)
        if (outcome !== 'connected' && this.#isRunning) this.#declareDead(id)
      })
    }
    if (delay === 0) attempt(CONNECT_ATTEMPTS)
    else this.#after(delay, () => { attempt(CONNECT_ATTEMPTS) })
  }

  #announce (): void {
    if (this.#isAnnouncing) return
    this.#isAnnouncing = true
    for (const delay of ANNOUNCE_AFTER) {
      this.#after(delay, () => {
        this.#isAnnouncing = false
        this.#init.transport.publish(this.#self)
      })
    }
  }

  #exchangeWithOne (): void {
    this.#table.forgetDead(this.#init.clock.now())
    const id = this.#pick(this.#connected())
    if (id !== undefined) this.connected(id)
  }

  #redialOne (): void {
    const dead = this.#table.all().filter(({ state }) => state === 'dead').map(({ id }) => id)
    const id = this.#pick(dead)
    // a connection makes for an exchange, in which a member that is not dead says so
    if (id !== undefined) void this.#init.transport.connect(id)
  }

  #connected (): string[] {
    return this.#table.present().map(({ id }) => id).filter(id => id !== this.#self.id && this.#init.transport.isConnected(id))
  }

  #pick (ids: readonly string[]): string | undefined {
    return ids[Math.floor(this.#init.random() * ids.length)]
  }

  #after (ms: number, task: () => void): void {
    const timer = this.#init.clock.setTimeout(() => {
      this.#timers.delete(timer)
      task()
    }, ms)
    this.#timers.add(timer)
  }

  #every (ms: number, task: () => void): void {
    // ± 10 %, so that members that started together do not act together
    this.#after(ms * (0.9 + 0.2 * this.#init.random()), () => {
      task()
      this.#every(ms, task)
    })
  }
}

// Looks at what the members say, and at what they have found when all is over.

import { HashRing } from '../../../src/ring/hash-ring.js'
import { hash32 } from '../../../src/ring/hash.js'
import { lineOf } from './sim-process.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { MemberChange } from '../../../src/membership/verdicts.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { Network } from './network.js'
import type { SimProcess } from './sim-process.js'

const KEYS = Array.from({ length: 200 }, (_, i) => hash32(`key ${i}`))
/** Timers of one member: some of its own, and some for each one it knows. */
const MOST_TIMERS = 30
const MOST_TIMERS_PER_RECORD = 8

export class Checker {
  failure: string | undefined
  /** Members that were held dead for no reason, once for each who did. */
  falsePositives = 0
  firstFalsePositive: string | undefined
  /** How many each of the changes that were told. */
  readonly counts: Record<MemberChange['kind'], number> = { join: 0, leave: 0, fail: 0, update: 0 }
  readonly #timing: Timing
  /** What each process sees, kept from the changes alone, as the cluster keeps it. */
  readonly #views = new Map<SimProcess, Map<string, MemberRecord>>()
  #changedAt = 0

  constructor (timing: Timing) {
    this.#timing = timing
  }

  /** When anybody last saw a change. */
  get changedAt (): number {
    return this.#changedAt
  }

  fail (what: string): void {
    this.failure ??= what
  }

  onChange (network: Network, process: SimProcess, { kind, member }: MemberChange): void {
    this.counts[kind]++
    this.#changedAt = network.scheduler.now
    let view = this.#views.get(process)
    if (view === undefined) {
      view = new Map<string, MemberRecord>()
      this.#views.set(process, view)
    }
    const isOut = kind === 'leave' || kind === 'fail'
    if (member.id !== process.id && view.has(member.id) === (kind === 'join')) this.fail(`${process.name} tells ${kind} of ${member.id}, which it ${kind === 'join' ? 'sees already' : 'does not see'}`)
    if (member.id === process.id && kind !== 'update') this.fail(`${process.name} tells ${kind} of itself`)
    const expected = kind === 'fail' ? ['dead'] : kind === 'leave' ? ['left'] : ['alive', 'suspect']
    if (!expected.includes(member.state)) this.fail(`${process.name} tells ${kind} of ${member.id}, which is ${member.state}`)
    if (isOut) view.delete(member.id)
    else view.set(member.id, member)
    if (kind === 'fail') this.#onFail(network, process, member)
  }

  /** Each process that runs is what it says of itself, sees what it told, and has not too much to do. */
  audit (network: Network): void {
    for (const process of network.processes) {
      const { membership, clock, name } = process
      if (!process.isUp || process.isFrozen) continue
      const { self } = membership
      if (self.state !== 'alive') this.fail(`${name} says of itself that it is ${self.state}`)
      const view = this.#views.get(process)
      const present = membership.present()
      const seen = present.filter(({ id }) => id !== process.id)
      if (seen.length === present.length) this.fail(`${name} does not see itself`)
      for (const record of seen) {
        const told = view?.get(record.id)
        if (told === undefined || told !== record) this.fail(`${name} sees ${lineOf(record)} ${record.state} and has told ${told === undefined ? 'nothing' : `${lineOf(told)} ${told.state}`}`)
      }
      const told = [...view?.keys() ?? []].filter(id => id !== process.id).length
      if (told !== seen.length) this.fail(`${name} sees ${seen.length} others and has told of ${told}`)
      const most = MOST_TIMERS + MOST_TIMERS_PER_RECORD * membership.records().length
      if (clock.timers > most) this.fail(`${name} has ${clock.timers} timers, more than ${most}`)
    }
  }

  /** What keeps the members from being one; undefined = they are. */
  difference (network: Network): string | undefined {
    const { processes } = network
    const expected = processes.map(({ membership }) => lineOf(membership.self)).sort()
    for (const { membership, name } of processes) {
      const present = membership.present()
      const suspect = present.find(({ state }) => state === 'suspect')
      if (suspect !== undefined) return `${name} suspects ${suspect.id}`
      if (present.length !== expected.length) return `${name} sees ${present.length} of ${expected.length}: ${present.map(({ id }) => id).sort().join()}`
      const lines = present.map(lineOf).sort()
      const other = lines.findIndex((line, i) => line !== expected[i])
      if (other !== -1) return `${name} sees ${lines[other]} and not ${expected[other]}`
    }
    return undefined
  }

  /** Same table, same owner of every key. */
  checkOwners (network: Network): void {
    let expected: string | undefined
    for (const { membership, name } of network.processes) {
      const ring = new HashRing()
      for (const record of membership.present()) ring.addPeer(record)
      const owners = KEYS.map(hash => ring.owner(hash)).join()
      expected ??= owners
      if (owners !== expected) this.fail(`${name} computes other owners than the rest`)
    }
  }

  /**
   * Somebody holds a member dead. That is wrong of one that runs, unless within the time that such news may take the two have been
   * cut from each other, one of them lost messages beyond the weather, or the one that is held dead was paused for suspicionMin
   * or longer, spoken ill of by mistake, or newly started (then it was its previous life that was meant). Nor of two that are left
   * alone: with nobody else to ask, a segment that TCP has to send five times is the same as silence. That whoever says so was
   * paused itself, or that others were cut off, is no excuse.
   */
  #onFail (network: Network, process: SimProcess, { id }: MemberRecord): void {
    const victim = network.processes.find(other => other.id === id)
    if (victim === undefined || !victim.isUp || victim.hindrances > 0) return
    if (network.processes.filter(({ isUp }) => isUp).length <= 2) return
    const { now } = network.scheduler
    const { probeTimeout, suspicionMax } = this.#timing
    const horizon = now - 2 * (probeTimeout + suspicionMax) - 5_000
    if (victim.excusedAt >= horizon || process.isolation > 0 || process.isolatedAt >= horizon || network.weathers.wasCut(process.host, victim.host, horizon)) return
    this.falsePositives++
    this.firstFalsePositive ??= `${process.name} holds ${victim.name} dead at ${now.toFixed(0)}`
    network.trace.add('FALSE POSITIVE:', process.name, 'holds', victim.name, 'dead')
  }
}

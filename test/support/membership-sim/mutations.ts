// Safeguards, each taken out in turn: what a simulation that does not find it missing is worth nothing.

import { AwakeTime } from '../../../src/membership/awake-time.js'
import { Connector } from '../../../src/membership/connector.js'
import { LocalHealth } from '../../../src/membership/local-health.js'
import { Membership } from '../../../src/membership/membership.js'
import { ProbeOrder } from '../../../src/membership/probe-order.js'
import { Redialler } from '../../../src/membership/redialler.js'
import { Suspicions } from '../../../src/membership/suspicions.js'
import { Timers } from '../../../src/membership/timers.js'
import { Verdicts } from '../../../src/membership/verdicts.js'
import { all, nothing, patch } from '../patch.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'

export interface Mutation {
  name: string
  /**
   * What tells: a run that fails; or many more members that are well and are held dead, in the same runs, or suspected, with
   * messages lost or by a member that stalls.
   */
  shows: 'a failure' | 'wrong deaths' | 'suspicions with loss' | 'suspicions by one that stalls'
  /** @returns what undoes it */
  apply: () => () => void
}

/** Changes what members hear of somebody they know already, or drops it. */
function hearing (alter: (record: MemberRecord, known: MemberRecord, isOwn: boolean) => MemberRecord | undefined): () => void {
  const heard = (membership: Membership, record: MemberRecord): MemberRecord | undefined => {
    const known = membership.get(record.id)
    return known === undefined ? record : alter(record, known, record.id === membership.self.id)
  }
  return all(
    patch(Membership, 'hear', original => function (this: Membership, author, news) {
      const altered = heard(this, news)
      if (altered !== undefined) original.call(this, author, altered)
    }),
    patch(Membership, 'learn', original => function (this: Membership, from, records) {
      original.call(this, from, records.map(record => heard(this, record)).filter(record => record !== undefined))
    })
  )
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'nobody contradicts what is said of it',
    shows: 'a failure',
    apply: () => hearing((record, _known, isOwn) => isOwn ? undefined : record)
  },
  {
    name: 'a higher incarnation counts for nothing',
    shows: 'a failure',
    apply: () => hearing((record, known) => ({ ...record, incarnation: known.incarnation }))
  },
  {
    name: 'tables are swapped on connecting only',
    shows: 'a failure',
    apply: () => patch(Timers, 'every', original => function (this: Timers, ms, task) { if (ms < 5_000) original.call(this, ms, task) })
  },
  { name: 'tables are never swapped', shows: 'a failure', apply: () => patch(Membership, 'connected', () => nothing) },
  { name: 'who stalls does not notice', shows: 'suspicions by one that stalls', apply: () => patch(AwakeTime, 'wasLate', () => () => false) },
  {
    name: 'who is suspected is dead at once',
    shows: 'a failure',
    apply: () => patch(Suspicions, 'accuse', original => function (this: Suspicions, id, accuser, now) { return original.call(this, id, accuser, now - 60_000) })
  },
  { name: 'nobody is ever given up', shows: 'a failure', apply: () => patch(Suspicions, 'due', () => () => []) },
  {
    name: 'what a table says of a death is taken for granted',
    shows: 'wrong deaths',
    apply: () => patch(Verdicts, 'takeSecondHand', () => function (this: Verdicts, _from, told) { return this.takeOwnWord(told) })
  },
  { name: 'others are not asked to probe', shows: 'suspicions with loss', apply: () => patch(ProbeOrder, 'sample', () => () => []) }
]

/** For a look only: so well backed up by others that nothing was seen to get worse with one of them taken out. @public */
export const UNSEEN: readonly Mutation[] = [
  {
    name: 'old news is believed',
    shows: 'wrong deaths',
    apply: () => hearing((record, known) => ({ ...record, incarnation: Math.max(record.incarnation, known.incarnation) }))
  },
  { name: 'the dead are not redialled', shows: 'a failure', apply: () => patch(Redialler, 'start', () => nothing) },
  { name: 'lost connections are not looked into', shows: 'a failure', apply: () => patch(Connector, 'recover', () => async () => {}) },
  { name: 'a member that is not well itself takes no more time', shows: 'wrong deaths', apply: () => patch(LocalHealth, 'worse', () => nothing) }
]

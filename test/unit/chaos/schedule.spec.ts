// Schedules of the chaos suite: from the seed alone, within their bounds, and of all kinds.

import { expect } from 'chai'
import { KINDS, describe as tell, unwell } from '../../chaos/fault.js'
import { SEED_MEMBER, scheduleOf } from '../../chaos/schedule.js'
import { tableOf } from '../../chaos/table.js'
import type { Fault } from '../../chaos/fault.js'
import type { Schedule } from '../../chaos/schedule.js'

const SECONDS = 60
const schedules = Array.from({ length: 300 }, (_, seed) => scheduleOf(seed, SECONDS))

/** Who is there at a time, those that are away for a while included. */
function present ({ members, faults }: Schedule, at: number): Set<string> {
  const there = new Set(members)
  for (const fault of faults) {
    if (fault.at > at) break
    if (fault.kind === 'join') there.add(fault.member)
    if (fault.kind === 'leave' || (fault.kind === 'kill' && !fault.isBack)) there.delete(fault.member)
  }
  return there
}

const lasts = (fault: Fault, at: number): boolean => fault.at <= at && fault.until >= at

describe('a schedule of the chaos suite', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(scheduleOf(7, SECONDS)).to.deep.equal(scheduleOf(7, SECONDS))
    expect(new Set(schedules.map(schedule => JSON.stringify(schedule.faults))).size).to.equal(schedules.length)
  })

  it('has 3 to 6 members at the beginning, and each number of them occurs', () => {
    expect([...new Set(schedules.map(({ members }) => members.length))]).to.have.members([3, 4, 5, 6])
  })

  it('has faults in their order, that are over when the quiet begins', () => {
    for (const { faults, faultTime, warmUp, quiet } of schedules) {
      expect(warmUp + faultTime + quiet).to.equal(SECONDS * 1_000)
      expect(faults.map(({ at }) => at)).to.deep.equal(faults.map(({ at }) => at).sort((a, b) => a - b))
      for (const { at, until } of faults) {
        expect(at).to.be.within(0, faultTime)
        expect(until).to.be.within(at, faultTime)
      }
    }
  })

  for (const kind of KINDS) {
    it(`has "${kind}" among 50 seeds`, () => {
      expect(schedules.slice(0, 50).flatMap(({ faults }) => faults).filter(fault => fault.kind === kind)).to.have.length.above(0)
    })
  }

  it('has freezes of up to 30 s, and stalls of up to 4 s, short ones and long ones', () => {
    for (const [kind, longest] of [['freeze', 30_000], ['stall', 4_000]] as const) {
      const times = schedules.flatMap(({ faults }) => faults).filter(fault => fault.kind === kind).map(({ at, until }) => until - at)
      expect(Math.max(...times)).to.be.within(longest * 0.8, longest)
      expect(times.filter(ms => ms < 1_000)).to.have.length.above(10)
    }
  })

  it('leaves one member well at any time', () => {
    const bad = schedules.filter(schedule => schedule.faults.flatMap(({ at, until }) => [at, until]).some(time => {
      const isUnwell = new Set(schedule.faults.filter(fault => lasts(fault, time)).flatMap(unwell))
      return [...present(schedule, time)].every(member => isUnwell.has(member))
    }))
    expect(bad.map(tableOf)).to.deep.equal([])
  })

  it('has two to six members at any time, and the first one among them', () => {
    for (const schedule of schedules) {
      const there = schedule.faults.map(({ at }) => present(schedule, at))
      expect(there.filter(members => members.size < 2 || members.size > 6 || !members.has(SEED_MEMBER))).to.deep.equal([])
      for (const fault of schedule.faults) if ((fault.kind === 'kill' || fault.kind === 'restart') && fault.member === SEED_MEMBER) expect(fault.keepsAddress).to.equal(true)
    }
  })

  it('has faults of members that are there, one after the other', () => {
    for (const schedule of schedules) {
      const last = new Map<string, Fault>()
      for (const fault of schedule.faults) {
        if (!('member' in fault)) continue
        if (fault.kind !== 'join') expect([...present(schedule, fault.at - 0.001)]).to.include(fault.member)
        expect(last.get(fault.member)?.until ?? -1).to.be.below(fault.at)
        last.set(fault.member, fault)
      }
    }
  })

  it('is in namespaces now and then, where there are no proxies to do harm', () => {
    const inNamespaces = schedules.filter(({ network }) => network === 'namespaces')
    expect(inNamespaces).to.have.length.within(10, 80)
    for (const { faults, members, switches } of inNamespaces) {
      expect(faults.filter(fault => 'links' in fault)).to.deep.equal([])
      expect([...new Set(switches)]).to.have.members([0, 1])
      for (const fault of faults) if (fault.kind === 'partition') expect(fault.side).to.deep.equal(members.filter((_, i) => switches[i] === 1))
    }
  })

  it('is told as a table with a row for each fault', () => {
    const [schedule] = schedules as [Schedule]
    const lines = tableOf(schedule).split('\n')
    expect(lines).to.have.length(schedule.faults.length + 3)
    for (const [i, fault] of schedule.faults.entries()) expect(lines[i + 3]).to.include(fault.kind).and.include(tell(fault))
  })

  it('has room for faults when it is short', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { faults, faultTime } = scheduleOf(seed, 12)
      expect(faultTime).to.be.within(5_000, 8_000)
      expect(faults).to.have.length.above(0)
    }
  })
})

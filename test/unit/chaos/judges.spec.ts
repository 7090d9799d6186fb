// The judges of the chaos suite: what they find, and what they leave out.

import { expect } from 'chai'
import { INJECTED } from '../../chaos/chaos-origin.js'
import { calmTimes } from '../../chaos/calm.js'
import { judgeLoads } from '../../chaos/judge-loads.js'
import { judgeProcesses } from '../../chaos/judge-processes.js'
import { LONGEST_GET, judgeReads } from '../../chaos/judge-reads.js'
import { LONGEST_UPDATE, judgeUpdates } from '../../chaos/judge-updates.js'
import { GROUPS, MAX_RSS } from '../../chaos/reports.js'
import { Sides } from '../../chaos/sides.js'
import { covered } from '../../chaos/standstill.js'
import { Views } from '../../chaos/views.js'
import { S, incidentOf, lifeOf, meet, readOf, sees, updateOf } from './record.js'
import type { ChaosOrigin, LoadRecord } from '../../chaos/chaos-origin.js'
import type { LifeRecord } from '../../chaos/life.js'
import type { Incident } from '../../chaos/player.js'
import type { Verdict } from '../../chaos/judge-reads.js'

const time = (at: number): string => (at / S).toFixed(3)

describe('the judges of the chaos suite', () => {
  let a: LifeRecord
  let b: LifeRecord
  let loads: LoadRecord[]

  beforeEach(() => {
    a = lifeOf('a')
    b = lifeOf('b')
    meet(1, a, b)
    loads = []
  })

  function reads (...incidents: Incident[]): Verdict {
    const lives = [a, b]
    const views = new Views(lives)
    const origin = { loads, hadVersion: (_key: string, version: number) => version < 100 } as unknown as ChaosOrigin
    return judgeReads({ lives, incidents, views, sides: new Sides(views, incidents, []), origin, network: [], time })
  }

  function fail (causes: string[], from = 10, to = 11): void {
    a.failures.push({ key: 'k1,k2', error: causes[0] ?? '', causes, begin: from * S, end: to * S, node: a.peerId })
  }

  const load = (from: number, to: number, more: Partial<LoadRecord> = {}): number => loads.push({ key: 'k1', version: 5, reader: 'a', begin: from * S, end: to * S, hasFailed: false, ...more })

  describe('of reads', () => {
    it('pass what is new', () => {
      updateOf(a, 10, 11, 5)
      readOf(b, 12, 5)
      expect(reads()).to.deep.include({ failures: [] })
      expect(reads().figures).to.include({ gets: 1, judgedStrictly: 1, judgedNot: 0, stale: 0 })
    })

    it('find a stale read, and name it', () => {
      updateOf(a, 10, 11, 5)
      readOf(b, 12, 4)
      const { failures, figures } = reads()
      expect(failures).to.have.length(1)
      expect(failures[0]).to.match(/^G3: b \(process 0\) read loaded version 4 of k1 at 12\.000.*remove of version 5 at a \(process 0\), 10\.000\.\.11\.000/)
      expect(figures['stale']).to.equal(1)
    })

    it('find a version that was never written', () => {
      readOf(b, 12, 100)
      expect(reads().failures.join()).to.match(/wrong value: version 100 of k1/)
    })

    it('find a failed get, whatever it failed by', () => {
      fail(['PeerUnreachableError: x'])
      expect(reads().failures.join()).to.match(/^G2: a get of k1,k2 at a \(process 0\), 10\.000\.\.11\.000, failed: PeerUnreachableError: x/)
    })

    it('allow a get to fail by a load that the origin had fail', () => {
      fail(['LoadError: k1', `Error: ${INJECTED}`])
      load(10.2, 10.4, { hasFailed: true })
      expect(reads()).to.deep.include({ failures: [] })
      expect(reads().figures['failedLoads']).to.equal(1)
    })

    it('do not allow it when no load of one of its keys has failed', () => {
      fail(['LoadError: k1', `Error: ${INJECTED}`])
      load(10.2, 10.4, { hasFailed: true, key: 'k3' })
      load(10.2, 10.4)
      expect(reads().failures).to.have.length(1)
    })

    it('allow a process that was told to stop to answer nothing any more, and only that', () => {
      Object.assign(a, { endOrder: 'stop', endOrderedAt: 10.5 * S })
      fail(['NotStartedError: stopped'])
      expect(reads().failures).to.deep.equal([])
      fail(['NotStartedError: stopped'], 9, 10)
      fail(['ConnectionLostError: x'])
      expect(reads().failures).to.have.length(2)
    })

    it('find a get that takes too long, but for the time its process stood still', () => {
      a.reads.push({ key: 'k1', version: 1, isSet: false, begin: 10 * S, end: (10 + LONGEST_GET / 1_000 + 1) * S, node: a.peerId })
      expect(reads().failures.join()).to.match(/took \d+ ms; the bound is \d+/)
      expect(reads(incidentOf({ kind: 'freeze', member: 'a' }, 20, 22, a)).failures).to.deep.equal([])
    })
  })

  describe('of updates', () => {
    const judge = (...incidents: Incident[]): Verdict => {
      const views = new Views([a, b])
      return judgeUpdates([a, b], incidents, views, calmTimes(views, incidents, [a, b], []), [], time)
    }
    const refusal = { name: 'InvalidationIncompleteError', message: 'x', members: [] }

    it('allow one to be refused while something is wrong, not when all is calm', () => {
      updateOf(a, 20, 21, 5).error = refusal
      expect(judge().failures.join()).to.match(/remove of 1 keys \(k1 …\) at a \(process 0\), 20\.000\.\.21\.000, was refused though nothing was wrong/)
      expect(judge(incidentOf({ kind: 'reset', links: [] }, 18, 18)).failures).to.deep.equal([])
    })

    it('find any other error', () => {
      updateOf(a, 2, 3, 5).error = { name: 'TypeError', message: 'x', members: [] }
      expect(judge().failures.join()).to.match(/failed with TypeError: x/)
    })

    it('find one that takes too long', () => {
      updateOf(a, 20, 21 + LONGEST_UPDATE / 1_000, 5)
      expect(judge().failures.join()).to.match(/the bound is/)
    })
  })

  describe('of loads', () => {
    const judge = (...incidents: Incident[]): Verdict => {
      return judgeLoads(loads, [a, b], calmTimes(new Views([a, b]), incidents, [a, b], []), time)
    }

    it('find a version that is loaded twice while all is calm', () => {
      load(20, 20.1)
      load(25, 25.1, { reader: 'b' })
      const { failures, figures } = judge()
      expect(failures).to.deep.equal(['G1: b loads version 5 of k1 at 25.000, which a has loaded at 20.000..20.100'])
      expect(figures).to.deep.equal({ loads: 2, loadsJudged: 2 })
    })

    it('allow it after an update, a failed load, and around a fault', () => {
      load(20, 20.1)
      load(25, 25.1)
      expect(judge(incidentOf({ kind: 'stall', member: 'a' }, 22, 22.1, a)).failures).to.deep.equal([])
      updateOf(a, 22, 22.1, 5)
      expect(judge().failures).to.deep.equal([])
      a.updates.length = 0
      ;(loads[0] as LoadRecord).hasFailed = true
      expect(judge().failures).to.deep.equal([])
    })

    it('allow what may have been evicted to be loaded again, but not at the same time', () => {
      const key = GROUPS[1]?.keys[0] as string
      load(20, 20.1, { key })
      load(25, 25.1, { key })
      expect(judge().failures).to.deep.equal([])
      load(25.05, 25.2, { key })
      expect(judge().failures).to.have.length(1)
    })
  })

  describe('of processes', () => {
    const judge = (more: Partial<LifeRecord>, ...incidents: Incident[]): string => judgeProcesses([lifeOf('a', more)], incidents, [], time).failures.join()
    const sample = { at: 5 * S, rss: 1, bytes: GROUPS.map(({ maxBytes }) => maxBytes), evictions: 3, openGets: 0, openUpdates: 0 }

    it('pass one that keeps within its bounds', () => {
      expect(judge({ samples: [sample] })).to.equal('')
    })

    it('find what is above maxBytes, a process that grows, and everything odd', () => {
      expect(judge({ samples: [{ ...sample, bytes: [1, (GROUPS[1]?.maxBytes ?? 0) + 1] }] })).to.match(/G7: group tight at a/)
      expect(judge({ samples: [{ ...sample, rss: MAX_RSS + 1 }] })).to.match(/a \(process 0\) takes \d+ MB at 5\.000/)
      expect(judge({ oddities: ['warning: x'] })).to.equal('a (process 0): warning: x')
      const refused = 'warning: GroupcacheWarning: cannot reach x: the handshake failed: check that …'
      expect(judge({ oddities: [refused] })).to.include(refused)
      expect(judge({ oddities: [refused] }, incidentOf({ kind: 'flip', links: [['a', 'b']] }, 5, 5))).to.equal('')
      expect(judge({ oddities: [refused] }, incidentOf({ kind: 'flip', links: [['c', 'b']] }, 5, 5))).to.include(refused)
      expect(judge({ stderr: 'x' })).to.match(/standard error: x/)
    })
  })

  describe('of calm', () => {
    const calm = (...incidents: Incident[]): number[][] => calmTimes(new Views([a, b]), incidents, [a, b], []).map(({ from, to }) => [from / S, to / S])

    it('count from six seconds after all see each other, and after a fault', () => {
      expect(calm()).to.deep.equal([[7, Infinity]])
      expect(calm(incidentOf({ kind: 'reset', links: [] }, 20, 21))).to.deep.equal([[7, 20], [27, Infinity]])
      expect(calm(incidentOf({ kind: 'reset', links: [] }, 5, 21), incidentOf({ kind: 'reset', links: [] }, 20, 24))).to.deep.equal([[30, Infinity]])
    })

    it('end when somebody loses sight of somebody, or could not run', () => {
      sees(a, 20, 'fail', b)
      expect(calm()).to.deep.equal([[7, 20]])
      b.pauses.push({ from: 10 * S, to: 12 * S }, { from: 13 * S, to: 13.2 * S })
      expect(calm()).to.deep.equal([[7, 10], [18, 20]])
    })
  })

  it('count overlapping standstills once', () => {
    expect(covered([{ from: 5, to: 8 }, { from: 1, to: 3 }, { from: 2, to: 6 }, { from: 20, to: 30 }], 2, 22)).to.equal(8)
  })
})

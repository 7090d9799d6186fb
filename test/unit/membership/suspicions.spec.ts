import { expect } from 'chai'
import * as fc from 'fast-check'
import { Suspicions, suspicionTime } from '../../../src/membership/suspicions.js'

const TIMES = { suspicionMin: 1_000, suspicionMax: 5_000 }

/** When a suspicion of x that begins at 0 is due, to the next 10 ms. */
function dueAt (suspicions: Suspicions, size: number): number {
  for (let now = 0; now <= 100_000; now += 10) if (suspicions.due(now, size).includes('x')) return now
  return Infinity
}

function accusedBy (accusers: readonly string[], size = 10): number {
  const suspicions = new Suspicions(TIMES)
  suspicions.begin('x', 0)
  for (const accuser of accusers) suspicions.accuse('x', accuser, 0)
  return dueAt(suspicions, size)
}

describe('the time of a suspicion', () => {
  it('is as in the paper', () => {
    const table = [0, 1, 2, 3].map(confirmations => Math.round(suspicionTime(confirmations, 3, 1_000, 5_000)))
    // 5,000 − 4,000 · ln(c + 1) ⁄ ln 4
    expect(table).to.deep.equal([5_000, 3_000, 1_830, 1_000])
  })

  it('is between its bounds, less with each confirmation, and the minimum with all of them or when none are to be expected', () => {
    fc.assert(fc.property(fc.nat({ max: 10 }), fc.nat({ max: 10 }), fc.integer({ min: 1, max: 10_000 }), fc.nat({ max: 10_000 }), (confirmations, expected, min, more) => {
      const max = min + more
      const time = suspicionTime(confirmations, expected, min, max)
      expect(time).to.be.within(min, max)
      expect(suspicionTime(confirmations + 1, expected, min, max)).to.be.at.most(time)
      if (more > 0 && confirmations < expected) expect(suspicionTime(confirmations + 1, expected, min, max)).to.be.lessThan(time)
      if (confirmations === 0 && expected > 0) expect(time).to.equal(max)
      if (confirmations >= expected) expect(time).to.be.closeTo(min, 1e-6)
    }))
  })
})

describe('a suspicion', () => {
  it('is due the sooner the more members suspect', () => {
    expect([['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd', 'e']].map(accusers => accusedBy(accusers))).to.deep.equal([5_000, 3_000, 1_840, 1_000, 1_000])
  })

  it('counts the same accuser once, and says so', () => {
    const suspicions = new Suspicions(TIMES)
    expect([suspicions.accuse('x', 'a', 0), suspicions.accuse('x', 'a', 0), suspicions.accuse('x', 'b', 0), suspicions.accuse('x', 'a', 0)]).to.deep.equal([true, false, true, false])
    expect(dueAt(suspicions, 10)).to.equal(3_000)
  })

  it('needs no more accusers than bring its time to the minimum', () => {
    const suspicions = new Suspicions(TIMES)
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map(accuser => suspicions.accuse('x', accuser, 0))).to.deep.equal([true, true, true, true, false, false])
  })

  it('that is only passed on has no accuser: the first one who speaks is no confirmation', () => {
    expect([accusedBy([]), accusedBy(['a'])]).to.deep.equal([5_000, 5_000])
    const suspicions = new Suspicions(TIMES)
    suspicions.accuse('x', 'a', 0)
    suspicions.accuse('x', 'b', 0)
    suspicions.begin('x', 900)
    expect(dueAt(suspicions, 10)).to.equal(3_000)
  })

  it('runs from the first word on, whoever speaks later', () => {
    const suspicions = new Suspicions(TIMES)
    suspicions.begin('x', 0)
    suspicions.accuse('x', 'a', 4_900)
    suspicions.begin('x', 4_950)
    expect(dueAt(suspicions, 10)).to.equal(5_000)
  })

  it('ends with a word of defence; the next one has its whole time, and its own accusers', () => {
    const suspicions = new Suspicions(TIMES)
    for (const accuser of ['a', 'b', 'c', 'd']) suspicions.accuse('x', accuser, 0)
    suspicions.end('x')
    expect(suspicions.due(1e9, 10)).to.deep.equal([])
    expect(suspicions.accuse('x', 'a', 2_000)).to.equal(true)
    expect([suspicions.due(6_990, 10), suspicions.due(7_000, 10)]).to.deep.equal([[], ['x']])
    suspicions.clear()
    expect(suspicions.due(1e9, 10)).to.deep.equal([])
  })

  it('expects no more confirmations than there are other members: none of three, one of four', () => {
    const of = (size: number, accusers: string[]): number => {
      const suspicions = new Suspicions(TIMES)
      for (const accuser of accusers) suspicions.accuse('x', accuser, 0)
      return dueAt(suspicions, size)
    }
    // of two, nobody else is there
    expect([of(2, ['a']), of(3, ['a']), of(3, ['a', 'b']), of(4, ['a', 'b', 'c']), of(5, ['a', 'b', 'c'])]).to.deep.equal([1_000, 5_000, 1_000, 1_000, 1_840])
  })

  it('takes longer in large clusters: times log₁₀(n ⁄ 10)', () => {
    expect([1, 10, 50, 100, 1_000].map(size => Math.ceil(accusedBy(['a'], Math.max(5, size)) / 100))).to.deep.equal([50, 50, 50, 50, 100])
    fc.assert(fc.property(fc.integer({ min: 5, max: 5_000 }), size => {
      const expected = 5_000 * Math.max(1, Math.log10(size / 10))
      expect(accusedBy(['a'], size)).to.be.within(expected, expected + 10)
    }), { numRuns: 20 })
  })
})

import { expect } from 'chai'
import { RecentRemovals } from '../../../src/coherence/recent-removals.js'
import { MAX_RECENT_REMOVALS, REMOVALS_KEPT_FOR } from '../../../src/constants.js'
import { keys } from './fake-network.js'

describe('removals that a node was told of lately', () => {
  it('concern what they name, in their group, from their own moment back', () => {
    const recent = new RecentRemovals()
    recent.note(keys('k', 'l'), 10)
    const may = (group: string, key: string, since: number): boolean => recent.mayHave(group, key, [], since)
    expect([may('g', 'k', 9), may('g', 'l', 10), may('g', 'k', 11), may('g', 'm', 0), may('other', 'k', 0)]).to.deep.equal([true, true, false, false, false])
  })

  it('by tag concern the values that have it; all of a group, every value of it', () => {
    const recent = new RecentRemovals()
    recent.note({ kind: 'tag', group: 'g', tag: 'red' }, 10)
    expect([recent.mayHave('g', 'k', ['blue', 'red'], 5), recent.mayHave('g', 'k', ['blue'], 5), recent.mayHave('g', 'red', [], 5), recent.mayHave('other', 'k', ['red'], 5)]).to.deep.equal([true, false, false, false])
    recent.note({ kind: 'all', group: 'g' }, 20)
    expect([recent.mayHave('g', 'k', [], 20), recent.mayHave('g', 'k', [], 21), recent.mayHave('other', 'k', [], 0)]).to.deep.equal([true, false, false])
  })

  it('are not taken for those of a group or a key with a name that only looks alike', () => {
    const recent = new RecentRemovals()
    recent.note({ kind: 'keys', group: 'a b', keys: ['c'] }, 10)
    recent.note({ kind: 'tag', group: 'a', tag: 'x' }, 10)
    recent.note({ kind: 'all', group: 'all' }, 10)
    expect([recent.mayHave('a', 'b c', [], 0), recent.mayHave('a', '#x', [], 0), recent.mayHave('a', 'x', [], 0), recent.mayHave('al', 'l', [], 0)]).to.deep.equal([false, false, false, false])
  })

  it('count from the last time that they were noted', () => {
    const recent = new RecentRemovals()
    recent.note(keys('k'), 10)
    recent.note(keys('k'), 30)
    expect([recent.mayHave('g', 'k', [], 20), recent.mayHave('g', 'k', [], 31)]).to.deep.equal([true, false])
  })

  it('that are not known any more, or were missed, may have been of anything', () => {
    const recent = new RecentRemovals()
    for (let i = 0; i < MAX_RECENT_REMOVALS + 10; i++) recent.note(keys(`k${i}`), i)
    expect([recent.mayHave('g', 'never', [], 9), recent.mayHave('g', 'never', [], 10), recent.mayHave('g', 'k10', [], 10), recent.mayHave('g', 'k10', [], 11)]).to.deep.equal([true, false, true, false])
    const last = MAX_RECENT_REMOVALS + 9
    expect(recent.mayHave('g', `k${last}`, [], last)).to.equal(true)
    recent.lose(last + 5)
    expect([recent.mayHave('other', 'never', [], last + 5), recent.mayHave('g', 'never', [], last + 6)]).to.deep.equal([true, false])
  })

  it('are forgotten in time: then any may have been of anything', () => {
    const recent = new RecentRemovals()
    recent.note(keys('old'), 10)
    recent.note(keys('k'), 20)
    recent.note(keys('next'), 10 + REMOVALS_KEPT_FOR)
    expect([recent.mayHave('g', 'never', [], 10), recent.mayHave('g', 'old', [], 5)]).to.deep.equal([false, true])
    recent.note(keys('last'), 15 + REMOVALS_KEPT_FOR)
    expect([recent.mayHave('g', 'never', [], 10), recent.mayHave('g', 'never', [], 11), recent.mayHave('g', 'k', [], 15)]).to.deep.equal([true, false, true])
  })

  it('are as many of the longest keys, and of those that are noted again and again', () => {
    const recent = new RecentRemovals()
    const long = (i: number): string => `${i}`.padEnd(65_000, '.')
    for (let i = 0; i < 1_000; i++) recent.note(keys(long(i)), i)
    for (let i = 0; i < 2 * MAX_RECENT_REMOVALS; i++) recent.note(keys('k'), 1_000)
    expect([recent.mayHave('g', 'never', [], 0), recent.mayHave('g', long(0), [], 0), recent.mayHave('g', long(0), [], 1), recent.mayHave('g', long(999), [], 999)]).to.deep.equal([false, true, false, true])
  })
})

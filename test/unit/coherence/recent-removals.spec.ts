import { expect } from 'chai'
import { RecentRemovals } from '../../../src/coherence/recent-removals.js'
import { MAX_LOGGED_BYTES, MAX_LOGGED_REMOVALS, REMOVALS_KEPT_FOR } from '../../../src/constants.js'
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
    for (let i = 0; i <= MAX_LOGGED_REMOVALS; i++) recent.note(keys(`k${i}`), i)
    const dropped = MAX_LOGGED_REMOVALS / 2
    expect([recent.mayHave('g', 'never', [], dropped), recent.mayHave('g', 'never', [], dropped + 1), recent.mayHave('g', `k${MAX_LOGGED_REMOVALS}`, [], dropped + 1)]).to.deep.equal([true, false, true])
    recent.lose(MAX_LOGGED_REMOVALS + 5)
    expect([recent.mayHave('other', 'never', [], MAX_LOGGED_REMOVALS + 5), recent.mayHave('g', 'never', [], MAX_LOGGED_REMOVALS + 6)]).to.deep.equal([true, false])
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

  it('take no more than so many bytes, however long the keys are', () => {
    const recent = new RecentRemovals()
    const long = (i: number): string => `${i}`.padEnd(65_000, '.')
    const more = Math.ceil(MAX_LOGGED_BYTES / (2 * 65_000))
    for (let i = 0; i < more; i++) {
      recent.note(keys(long(i)), i)
      // noted again it takes no more
      recent.note(keys(long(i)), i)
    }
    expect([recent.mayHave('g', 'never', [], 0), recent.mayHave('g', 'never', [], more - 1), recent.mayHave('g', long(more - 1), [], more - 1)]).to.deep.equal([true, false, true])
  })
})

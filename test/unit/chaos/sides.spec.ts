// The only excuses for a stale read: who was apart, for which reason, and for how long.

import { expect } from 'chai'
import { Sides } from '../../chaos/sides.js'
import { Views } from '../../chaos/views.js'
import { S, incidentOf, lifeOf, meet, readOf, sees, updateOf } from './record.js'
import type { Incident } from '../../chaos/player.js'
import type { LifeRecord } from '../../chaos/life.js'

describe('a stale read is excused', () => {
  let a: LifeRecord
  let b: LifeRecord
  let c: LifeRecord

  beforeEach(() => {
    [a, b, c] = ['a', 'b', 'c'].map(name => lifeOf(name)) as [LifeRecord, LifeRecord, LifeRecord]
    meet(1, a, b, c)
  })

  const sides = (...incidents: Incident[]): Sides => new Sides(new Views([a, b, c]), incidents, [])

  /** c is cut off from the two others, which give each other up; together again at `to`. */
  function partition (from: number, to: number): Incident {
    for (const [one, other] of [[a, c], [b, c]] as const) {
      sees(one, from + 4, 'fail', other)
      sees(other, from + 4, 'fail', one)
      sees(one, to + 1, 'join', other)
      sees(other, to + 1, 'join', one)
    }
    return incidentOf({ kind: 'partition', side: ['c'] }, from, to)
  }

  it('by nothing when all saw each other', () => {
    expect(sides().isExcused(updateOf(a, 10, 11, 5), readOf(c, 12, 4))).to.equal(false)
  })

  it('at a process that was cut off, and given up, while the update was made', () => {
    const cut = partition(10, 30)
    expect(sides(cut).isExcused(updateOf(a, 20, 21, 5), readOf(c, 22, 4))).to.equal(true)
  })

  it('not at one on the side of the update', () => {
    const cut = partition(10, 30)
    expect(sides(cut).isExcused(updateOf(a, 20, 21, 5), readOf(b, 22, 4))).to.equal(false)
  })

  it('not before they have given each other up', () => {
    const cut = partition(10, 30)
    expect(sides(cut).isExcused(updateOf(a, 11, 13, 5), readOf(c, 22, 4))).to.equal(false)
  })

  it('where the owner, and not who made the update, did not see the reader', () => {
    sees(b, 14, 'fail', c)
    sees(b, 31, 'join', c)
    const cut = incidentOf({ kind: 'blackhole', links: [['b', 'c']], mode: 'hold' }, 10, 30)
    expect(sides(cut).isExcused(updateOf(a, 20, 21, 5, b), readOf(c, 22, 4))).to.equal(true)
    expect(sides(cut).isExcused(updateOf(a, 20, 21, 5, a), readOf(c, 22, 4))).to.equal(false)
  })

  it('where the reader did not see who made the update', () => {
    sees(c, 14, 'fail', a)
    sees(c, 31, 'join', a)
    const cut = incidentOf({ kind: 'blackhole', links: [['a', 'c']], mode: 'hold' }, 10, 30)
    expect(sides(cut).isExcused(updateOf(a, 20, 21, 5), readOf(c, 22, 4))).to.equal(true)
  })

  it('until all have seen each other for three seconds', () => {
    const cut = partition(10, 30)
    const update = updateOf(a, 20, 21, 5)
    expect(sides(cut).isExcused(update, readOf(c, 33.9, 4))).to.equal(true)
    expect(sides(cut).isExcused(update, readOf(c, 34.1, 4))).to.equal(false)
  })

  it('at one that sees one that was cut off already, while those do not that made the update', () => {
    const cut = partition(10, 30)
    const update = updateOf(a, 29, 30, 5)
    const read = readOf(b, 31.5, 4)
    expect(sides(cut).isExcused(update, read)).to.equal(true)
  })

  it('not by a freeze: who was given up meanwhile asks what it missed', () => {
    for (const other of [a, b]) {
      sees(other, 14, 'fail', c)
      sees(other, 31, 'join', c)
    }
    const freeze = incidentOf({ kind: 'freeze', member: 'c' }, 10, 30, c)
    expect(sides(freeze).isExcused(updateOf(a, 20, 21, 5), readOf(c, 30.1, 4))).to.equal(false)
  })

  it('not by a connection that was reset, though they lost sight of each other', () => {
    for (const [one, other] of [[a, c], [c, a]] as const) {
      sees(one, 14, 'fail', other)
      sees(one, 31, 'join', other)
    }
    const reset = incidentOf({ kind: 'reset', links: [['a', 'c']] }, 10, 10)
    expect(sides(reset).isExcused(updateOf(a, 20, 21, 5), readOf(c, 22, 4))).to.equal(false)
  })

  it('not by a short delay, and by a long one', () => {
    for (const [one, other] of [[a, c], [c, a]] as const) {
      sees(one, 14, 'fail', other)
      sees(one, 31, 'join', other)
    }
    const delay = (ms: number): Incident => incidentOf({ kind: 'delay', links: [['a', 'c']], delay: ms }, 10, 30)
    const update = updateOf(a, 20, 21, 5)
    const read = readOf(c, 22, 4)
    expect(sides(delay(100)).isExcused(update, read)).to.equal(false)
    expect(sides(delay(2_000)).isExcused(update, read)).to.equal(true)
  })

  it('while the proxies could not run', () => {
    for (const [one, other] of [[a, c], [c, a]] as const) {
      sees(one, 14, 'fail', other)
      sees(one, 31, 'join', other)
    }
    const update = updateOf(a, 20, 21, 5)
    const read = readOf(c, 22, 4)
    const paused = (ms: number): Sides => new Sides(new Views([a, b, c]), [], [{ from: 10 * S, to: 10 * S + ms * 1e6 }])
    expect(paused(300).isExcused(update, read)).to.equal(false)
    expect(paused(5_000).isExcused(update, read)).to.equal(true)
  })

  it('not by a partition that was over, and overcome, before', () => {
    const cut = partition(10, 20)
    expect(sides(cut).isExcused(updateOf(a, 26, 27, 5), readOf(c, 28, 4))).to.equal(false)
  })

  it('at one that has just started, and has not met the others', () => {
    const d = lifeOf('d', { startedAt: 20 * S })
    for (const other of [a, b, c]) {
      sees(other, 23, 'join', d)
      sees(d, 23, 'join', other)
    }
    const sides = new Sides(new Views([a, b, c, d]), [], [])
    const update = updateOf(a, 21, 22, 5)
    expect(sides.isExcused(update, readOf(d, 22.5, 4))).to.equal(true)
    expect(sides.isExcused(update, readOf(d, 27, 4))).to.equal(false)
    expect(sides.isExcused(updateOf(a, 24, 25, 6), readOf(d, 25.5, 5))).to.equal(false)
  })

  it('for good when all that knew of the update have ended before they met the others', () => {
    const cut = partition(10, 30)
    const d = lifeOf('d', { startedAt: 25 * S })
    for (const life of [a, b]) Object.assign(life, { endedAt: 24 * S, endOrderedAt: 24 * S, endOrder: 'kill' })
    sees(c, 26, 'join', d)
    sees(d, 26, 'join', c)
    c.views.splice(c.views.findIndex(({ at, kind }) => at === 31 * S && kind === 'join'), 2)
    const sides = new Sides(new Views([a, b, c, d]), [cut], [])
    expect(sides.isExcused(updateOf(a, 20, 21, 5), readOf(c, 50, 4))).to.equal(true)
  })

  it('for good when the only one that knew of the update made it while it stopped, without the others', () => {
    const cut = partition(10, 30)
    Object.assign(c, { endedAt: 28 * S, endOrderedAt: 19 * S, endOrder: 'stop' })
    for (const life of [a, b]) life.views.splice(life.views.findIndex(({ at, kind }) => at === 31 * S && kind === 'join'), 1)
    expect(sides(cut).isExcused(updateOf(c, 24, 24, 5), readOf(a, 29, 4))).to.equal(true)
  })
})

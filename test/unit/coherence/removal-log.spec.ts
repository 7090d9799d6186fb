import { expect } from 'chai'
import { RemovalLog } from '../../../src/coherence/removal-log.js'
import { LEASE, MAX_LOGGED_BYTES, MAX_LOGGED_REMOVALS, REMOVALS_KEPT_FOR } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'
import { announced, keys, textOf } from './fake-network.js'
import type { Removal } from '../../../src/rpc/removal.js'

function start (): { clock: FakeClock, log: RemovalLog, missed: (elapsed: number) => string[] | 'all' } {
  const clock = new FakeClock()
  const log = new RemovalLog(clock)
  return {
    clock,
    log,
    missed: elapsed => {
      const removals = log.missedIn(elapsed)
      return removals === 'all' ? 'all' : removals.map(({ removal }) => textOf(removal))
    }
  }
}

const many = (count: number): Removal => keys(...Array.from({ length: count }, (_, i) => `${i}`))

describe('the log of removals', () => {
  it('has nothing to tell when nothing was removed, however long ago', () => {
    const { missed } = start()
    expect([missed(0), missed(1e9), missed(Infinity)]).to.deep.equal([[], [], []])
  })

  it('tells what came in the time asked for and two leases before it, oldest first, to the millisecond', () => {
    const { clock, log, missed } = start()
    log.add(announced(keys('a')))
    clock.jump(100)
    log.add(announced({ kind: 'tag', group: 'g', tag: 't' }))
    clock.jump(100)
    log.add(announced({ kind: 'all', group: 'g' }))
    clock.jump(2 * LEASE)
    expect(missed(Infinity)).to.deep.equal(['a', 'tag t', 'all'])
    expect(missed(200)).to.deep.equal(['a', 'tag t', 'all'])
    expect(missed(199)).to.deep.equal(['tag t', 'all'])
    expect(missed(100)).to.deep.equal(['tag t', 'all'])
    expect(missed(99)).to.deep.equal(['all'])
    expect(missed(0)).to.deep.equal(['all'])
    clock.jump(1)
    expect(missed(0)).to.deep.equal([])
  })

  it('holds so many keys and tags, and not one more', () => {
    const { clock, log, missed } = start()
    log.add(announced(keys('first')))
    clock.jump(1)
    log.add(announced(many(MAX_LOGGED_REMOVALS - 1)))
    clock.jump(1)
    expect(missed(2)).to.have.length(2)
    log.add(announced({ kind: 'tag', group: 'g', tag: 'one too many' }))
    clock.jump(2 * LEASE)
    expect(missed(Infinity)).to.equal('all')
    expect(missed(0)).to.deep.equal(['tag one too many'])
  })

  it('holds so many bytes of them, and forgets the older half of what is more', () => {
    const { clock, log, missed } = start()
    const long = (i: number): Removal => keys(`${i}`.padEnd(65_535, '.'))
    const fitting = Math.floor(MAX_LOGGED_BYTES / (2 * 65_535))
    for (let i = 0; i < fitting; i++) log.add(announced(long(i)))
    clock.jump(1)
    expect(missed(Infinity)).to.have.length(fitting)
    log.add(announced(long(fitting)))
    clock.jump(2 * LEASE)
    expect(missed(Infinity)).to.equal('all')
    expect(missed(0)).to.have.length.within(1, fitting / 2)
  })

  it('holds nothing of a removal that is larger than all of it', () => {
    const { clock, log, missed } = start()
    log.add(announced(keys(...Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(65_535, '.')))))
    expect(missed(0)).to.equal('all')
    clock.jump(1)
    log.add(announced(keys('next')))
    clock.jump(2 * LEASE)
    expect(missed(0)).to.deep.equal(['next'])
  })

  it('says "all" to who was away when the first of what it dropped came, and since: that very moment included', () => {
    const { clock, log, missed } = start()
    log.add(announced(many(MAX_LOGGED_REMOVALS)))
    clock.jump(10)
    log.add(announced(keys('kept')))
    clock.jump(2 * LEASE)
    expect(missed(9)).to.deep.equal(['kept'])
    expect(missed(10)).to.equal('all')
    expect(missed(11)).to.equal('all')
  })

  it('drops half when it is full, so that not every removal moves all the others', () => {
    const { clock, log, missed } = start()
    for (let i = 0; i <= MAX_LOGGED_REMOVALS; i++) {
      log.add(announced(keys(`${i}`)))
      clock.jump(1)
    }
    clock.jump(2 * LEASE)
    expect(missed(MAX_LOGGED_REMOVALS / 2)).to.have.length(MAX_LOGGED_REMOVALS / 2)
    expect(missed(MAX_LOGGED_REMOVALS / 2 + 1)).to.equal('all')
  })

  it('holds nothing that is much older than anybody asks for: who was away for longer is told "all"', () => {
    const { clock, log, missed } = start()
    const [old, kept] = [announced(keys('old')), announced(keys('kept'))]
    log.add(old)
    clock.jump(REMOVALS_KEPT_FOR / 2)
    log.add(kept)
    clock.jump(REMOVALS_KEPT_FOR / 2)
    log.add(announced(keys('next')))
    expect(missed(Infinity)).to.deep.equal(['old', 'kept', 'next'])
    clock.jump(REMOVALS_KEPT_FOR / 5)
    log.add(announced(keys('last')))
    expect(missed(Infinity)).to.equal('all')
    expect(missed(REMOVALS_KEPT_FOR)).to.deep.equal(['kept', 'next', 'last'])
    expect([log.hasSince(old.ticket, () => false), log.hasSince(kept.ticket, () => false)]).to.deep.equal([true, false])
  })

  it('says whether such a removal came after another one; where that is not in it any more, that one did', () => {
    const { log } = start()
    const [first, second] = [announced(keys('a')), announced(keys('b'))]
    const names = (key: string) => (removal: Removal) => textOf(removal) === key
    log.add(first)
    log.add(second)
    expect(['a', 'b'].map(key => log.hasSince(first.ticket, names(key)))).to.deep.equal([false, true])
    expect(log.hasSince(second.ticket, names('b'))).to.equal(false)
    log.add(announced(many(MAX_LOGGED_REMOVALS)))
    expect(log.hasSince(first.ticket, names('c'))).to.equal(true)
  })
})

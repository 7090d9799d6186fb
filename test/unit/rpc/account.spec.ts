// What a peer may have under way and ask for, over all its streams.

import { expect } from 'chai'
import { MAX_LONG_BYTES, MAX_SERVED_BYTES, MAX_SERVED_REQUESTS } from '../../../src/constants.js'
import { OverloadedError, ProtocolViolationError } from '../../../src/errors.js'
import { Account, Accounts } from '../../../src/rpc/account.js'
import { Allowance, RATES } from '../../../src/rpc/allowance.js'
import { Lane } from '../../../src/rpc/lane.js'
import { removalCost } from '../../../src/rpc/removal.js'
import { FakeClock } from '../../support/fake-clock.js'
import type { Kind } from '../../../src/rpc/allowance.js'

describe('the allowance of a peer', () => {
  for (const kind of Object.keys(RATES) as Kind[]) {
    const { burst, perSecond, what } = RATES[kind]
    it(`for ${what} is ${burst} at once and ${perSecond} a second`, () => {
      const allowance = new Allowance()
      for (let i = 0; i < burst; i++) allowance.spend(kind, 0)
      expect(() => { allowance.spend(kind, 0) }).to.throw(ProtocolViolationError, `more than ${burst} ${what}`)
      // in the long run, a second's worth in each second
      for (let second = 1; second <= 5; second++) {
        for (let i = 0; i < perSecond; i++) allowance.spend(kind, second * 1_000)
        expect(() => { allowance.spend(kind, second * 1_000) }).to.throw(ProtocolViolationError)
      }
      expect(allowance.isWhole(5_000)).to.equal(false)
      expect(allowance.isWhole(5_000 + burst / perSecond * 1_000)).to.equal(true)
    })
  }

  it('is spent by the cost, each kind on its own', () => {
    const allowance = new Allowance()
    allowance.spend('removals', 0, RATES.removals.burst)
    expect(() => { allowance.spend('removals', 0) }).to.throw(ProtocolViolationError)
    allowance.spend('probes', 0)
  })
})

describe('a removal', () => {
  it('costs more when it names much: keys, long ones, a whole group', () => {
    const cost = (count: number, bytes: number): number => removalCost({ kind: 'keys', group: 'g', keys: Array<string>(count).fill('k') }, bytes)
    expect(cost(1, 40)).to.be.within(1, 1.5)
    expect(cost(4_096, 40_000)).to.be.within(1_000, 1_200)
    expect(cost(1_000, 64 * 1024 * 1024)).to.be.greaterThan(4_000)
    expect(removalCost({ kind: 'all', group: 'g' }, 30)).to.be.greaterThan(500)
    expect(removalCost({ kind: 'tag', group: 'g', tag: 't' }, 30)).to.be.greaterThan(500)
  })
})

describe('the requests of a peer that are worked on', () => {
  it('are limited in number', () => {
    const lane = new Lane(true)
    for (let i = 0; i < MAX_SERVED_REQUESTS; i++) {
      expect(lane.refusal(0)).to.equal(undefined)
      lane.enter(0)
    }
    expect(lane.refusal(0)).to.include(`${MAX_SERVED_REQUESTS} requests`)
    lane.leave(0)
    expect(lane.refusal(0)).to.equal(undefined)
  })

  it('are limited in bytes, but one is always taken', () => {
    const lane = new Lane(true)
    expect(lane.refusal(MAX_SERVED_BYTES + 1)).to.equal(undefined)
    lane.enter(MAX_SERVED_BYTES - 10)
    expect(lane.refusal(10)).to.equal(undefined)
    expect(lane.refusal(11)).to.include(`${MAX_SERVED_BYTES - 10} bytes`)
    lane.leave(MAX_SERVED_BYTES - 10)
    expect(lane.refusal(MAX_SERVED_BYTES + 1)).to.equal(undefined)
  })
})

describe('the account of a peer', () => {
  it('limits the large values that wait for it on all its streams together; one is always taken', () => {
    const account = new Account(new FakeClock())
    account.checkLong('g', MAX_LONG_BYTES + 1)
    const leave = account.addQueue(() => MAX_LONG_BYTES / 2)
    account.addQueue(() => MAX_LONG_BYTES / 2 - 5)
    account.checkLong('g', 5)
    expect(() => { account.checkLong('g', 6) }).to.throw(OverloadedError, `${MAX_LONG_BYTES - 5} bytes`)
    leave()
    account.checkLong('g', 6)
  })

  it('has nothing loaded for who was refused a large value, until there is room for as much', () => {
    const account = new Account(new FakeClock())
    let waiting = MAX_LONG_BYTES - 5
    account.addQueue(() => waiting)
    account.checkLong('g', 5)
    expect(account.whyNotToLoad('g')).to.equal(undefined)
    expect(() => { account.checkLong('g', 100) }).to.throw(OverloadedError)
    expect(account.whyNotToLoad('g')).to.include(`${MAX_LONG_BYTES - 5} bytes of large values`)
    // values of others may be small
    expect(account.whyNotToLoad('other')).to.equal(undefined)
    waiting = MAX_LONG_BYTES - 99
    expect(account.whyNotToLoad('g')).to.include(`${MAX_LONG_BYTES - 99} bytes`)
    waiting--
    expect(account.whyNotToLoad('g')).to.equal(undefined)
    // it is not the size of the last one any more that counts
    waiting = MAX_LONG_BYTES
    expect(account.whyNotToLoad('g')).to.equal(undefined)
  })

  it('is one for a peer whatever its streams, and is kept while it says something', () => {
    const clock = new FakeClock()
    const accounts = new Accounts(clock)
    const busy = accounts.of('busy')
    busy.requests.enter(1)
    const spender = accounts.of('spender')
    spender.spend('streams', RATES.streams.burst)
    for (let i = 0; i < 1_000; i++) accounts.of(`x${i}`)
    expect(accounts.size).to.be.lessThan(100)
    expect([accounts.of('busy'), accounts.of('spender')]).to.deep.equal([busy, spender])
    expect(() => { accounts.of('spender').spend('streams') }).to.throw(ProtocolViolationError)
    clock.jump(RATES.streams.burst / RATES.streams.perSecond * 1_000)
    for (let i = 0; i < 1_000; i++) accounts.of(`y${i}`)
    expect(accounts.of('spender')).to.not.equal(spender)
    expect(accounts.of('busy')).to.equal(busy)
  })
})

// What a process asks of the others that was frozen, and perhaps given up by them meanwhile.

import { expect } from 'chai'
import { Coherence } from '../../../src/coherence/coherence.js'
import { CATCH_UP_TIMEOUT, LEASE, MAX_STANDSTILL, REJOIN_TIME } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { seeded } from '../../support/seeds.js'
import { FakeGroup, FakeNetwork, announced, keys } from './fake-network.js'

const FROZEN = 10_000

describe('a process that wakes', () => {
  /** b cannot be asked before `from` milliseconds have passed; c can. */
  const wake = async (from: number, isGone = false) => {
    const clock = new FakeClock()
    const network = new FakeNetwork('b', 'c', 'me')
    const group = new FakeGroup()
    const coherence = new Coherence({ network, groups: new Map([['g', group]]), group: () => group, clock, random: seeded(1), log: fakeLog() })
    coherence.start()
    await clock.advance(MAX_STANDSTILL)
    if (isGone) network.gone.add('b')
    network.onCatchUp = async id => {
      if (id === 'b' && clock.now() < MAX_STANDSTILL + FROZEN + from) throw new Error('the peer closed the stream')
      return id === 'b' ? [announced(keys('k'))] : []
    }
    await clock.sleep(FROZEN)
    return { clock, network, group, coherence, isBack: () => clock.now() < coherence.standing.until, asked: (id: string) => network.done.filter(what => what.startsWith(`catch-up ${id} `)) }
  }

  it('goes on asking one that has cut their connections, for what it missed by then, and has dropped nothing', async () => {
    const { clock, group, isBack, asked, coherence } = await wake(700)
    expect([isBack(), asked('c').length]).to.deep.equal([false, 1])
    await clock.advance(700)
    expect(isBack(), 'too early').to.equal(false)
    await clock.advance(100)
    expect(isBack()).to.equal(true)
    const first = Number(asked('b')[0]?.split(' ')[2])
    expect(asked('b').map(what => Number(what.split(' ')[2]) - first)).to.deep.equal([0, 200, 400, 600, 800])
    expect(group.done).to.deep.equal(['detach all', 'forget k'])
    coherence.stop()
  })

  it('drops everything when that one cannot be asked for so long, and goes on asking it all the same', async () => {
    const { clock, group, network, isBack, asked, coherence } = await wake(CATCH_UP_TIMEOUT + 1_000)
    await clock.advance(CATCH_UP_TIMEOUT)
    expect(isBack()).to.equal(true)
    expect(group.done).to.include('forget all')
    expect(group.done).to.not.include('forget k')
    expect(network.done).to.include('revoke')
    await clock.advance(2_000)
    expect(group.done).to.include('forget k')
    const { length } = asked('b')
    expect(network.done).to.not.include('ping b')
    await clock.advance(LEASE)
    expect(network.done, 'it may still be no member to that one').to.include('ping b')
    await clock.advance(REJOIN_TIME)
    expect(asked('b')).to.have.length(length)
    coherence.stop()
  })

  it('asks nobody twice who is gone', async () => {
    const { isBack, asked, coherence } = await wake(Infinity, true)
    expect([isBack(), asked('b').length]).to.deep.equal([true, 1])
    coherence.stop()
  })

  it('stays in touch with those that may have given it up, so that they tell it what is removed until it is a member again', async () => {
    const { clock, network, coherence } = await wake(0)
    const pings = (): number => network.done.filter(what => what === 'ping b').length
    for (let passed = LEASE / 2; passed <= REJOIN_TIME; passed += LEASE / 2) {
      await clock.advance(LEASE / 2)
      expect(pings()).to.equal(passed / (LEASE / 2))
    }
    await clock.advance(10 * LEASE)
    expect(pings()).to.equal(REJOIN_TIME / (LEASE / 2))
    coherence.stop()
  })

  it('does so once, however often it was frozen', async () => {
    const { clock, network, coherence } = await wake(0)
    await clock.sleep(FROZEN)
    await clock.advance(LEASE)
    const before = network.done.length
    await clock.advance(LEASE)
    expect(network.done.slice(before).filter(what => what === 'ping b').length).to.equal(2)
    coherence.stop()
  })

  it('does not when one is no member any more, or the node stops', async () => {
    const { clock, network, coherence } = await wake(0)
    network.ring = ['b', 'me']
    await clock.advance(LEASE)
    expect(network.done.filter(what => what.startsWith('ping'))).to.deep.equal(['ping b', 'ping b'])
    coherence.stop()
    await clock.advance(LEASE)
    expect(network.done.filter(what => what.startsWith('ping')).length).to.equal(2)
    expect(clock.timers).to.equal(0)
  })
})

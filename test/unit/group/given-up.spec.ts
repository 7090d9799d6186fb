// A get of a member that is given up while the get waits: others may need a moment more to find so, too.

import { expect } from 'chai'
import { Cancellation } from '../../../src/flight/abortable.js'
import { settled } from '../../support/fake-clock.js'
import { GroupNetwork } from '../../support/group-network.js'
import { rejection } from '../../support/thrown.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'

const MOMENT = 600

interface Start { net: GroupNetwork, a: GroupHandle<string>, loads: string[], giveUp: (ring: string[]) => Promise<void> }

/** The owner does not answer. */
function start (): Start {
  const net = new GroupNetwork('owner', 'a', 'c')
  const loads: string[] = []
  const hung = Promise.withResolvers<void>()
  net.beforeWork = (_from, to) => to === 'owner' ? hung.promise : undefined
  const at = (name: string): GroupHandle<string> => net.node(name).group<string>({ load: key => { loads.push(name); return `${key} of ${name}` } })
  at('owner')
  const [a] = [at('a'), at('c')]
  return {
    net,
    a,
    loads,
    async giveUp (ring) {
      net.loseTouch('owner')
      net.node('a').ring = ring
      hung.resolve()
      await settled()
    }
  }
}

describe('a get of a member that is given up', () => {
  it('asks the new owner once the others have had time to give that one up as well', async () => {
    const { net, a, giveUp } = start()
    const got = a.get('k')
    await giveUp(['c', 'a'])
    await net.clock.advance(MOMENT - 1)
    expect(net.requests).to.deep.equal(['a→owner get k'])
    net.node('c').ring = ['c', 'a']
    await net.clock.advance(1)
    expect(await got).to.equal('k of c')
    expect(net.requests).to.deep.equal(['a→owner get k', 'a→c forwarded k'])
  })

  it('has what was loaded here for others meanwhile', async () => {
    const { net, a, loads, giveUp } = start()
    const got = a.get('k')
    await giveUp(['a', 'c'])
    await net.node('a').cacheGroup?.serve('k', 'forwarded', new Cancellation())
    await net.clock.advance(MOMENT)
    expect([await got, loads]).to.deep.equal(['k of a', ['a']])
  })

  it('is at an end when it is aborted, and leaves no timer', async () => {
    const { net, a, giveUp } = start()
    const caller = new AbortController()
    const got = rejection(a.get('k', { signal: caller.signal }))
    const { timers } = net.clock
    await giveUp(['c', 'a'])
    expect(net.clock.timers).to.equal(timers + 1)
    caller.abort()
    expect((await got).name).to.equal('AbortError')
    expect(net.clock.timers).to.equal(timers)
    await net.clock.advance(MOMENT)
    expect(net.requests).to.deep.equal(['a→owner get k'])
  })

  it('goes on at the successor at once while the owner is still on the ring', async () => {
    const { net, a, giveUp } = start()
    const got = a.get('k')
    await giveUp(['owner', 'c', 'a'])
    expect(net.requests).to.deep.equal(['a→owner get k', 'a→c forwarded k'])
    expect(await got).to.equal('k of c')
  })
})

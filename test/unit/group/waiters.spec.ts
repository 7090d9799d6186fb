// Who waits may leave, and only that: a load goes on for the others, here and at other members.

import { expect } from 'chai'
import { Cancellation } from '../../../src/flight/abortable.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'
import type { ServedValue } from '../../../src/rpc/ask.js'
import type { LoadContext } from '../../../src/index.js'

interface Start { net: GroupNetwork, groups: Record<'owner' | 'a' | 'c', GroupHandle<string>>, signals: AbortSignal[], end: (value: string) => void }

function start (): Start {
  const net = new GroupNetwork('b', 'a', 'c')
  const signals: AbortSignal[] = []
  const result = Promise.withResolvers<string>()
  const load = (_key: string, { signal }: LoadContext): Promise<string> => { signals.push(signal); return result.promise }
  const at = (name: string): GroupHandle<string> => net.node(name).group({ load })
  return { net, groups: { owner: at('b'), a: at('a'), c: at('c') }, signals, end: result.resolve }
}

/** A get that a test can give up. */
function leavable (group: GroupHandle<string>): { leave: () => Promise<void>, outcome: Promise<Error> } {
  const caller = new AbortController()
  const outcome = rejection(group.get('k', { signal: caller.signal }))
  return { outcome, leave: async () => { caller.abort(); await outcome; await settled() } }
}

describe('the signal of a load', () => {
  for (const [what, where] of [['here', 'owner'], ['from afar', 'a']] as const) {
    it(`aborts when the last who waits ${what} has left, and not before; nobody joins it then`, async () => {
      const { groups, signals } = start()
      const waiters = Array.from({ length: 5 }, () => leavable(groups[where]))
      await settled()
      for (const waiter of waiters) {
        expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false])
        await waiter.leave()
      }
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true])
      const next = leavable(groups[where])
      await settled()
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, false])
      await next.leave()
    })

    it(`aborts when the time of the last who waits ${what} has run out, and not before`, async () => {
      const { net, groups, signals } = start()
      const waits = [100, 300, 200].map(timeout => rejection(groups[where].get('k', { timeout })))
      await net.clock.advance(299)
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false])
      await net.clock.advance(1)
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true])
      for (const wait of waits) expect((await wait).name).to.equal('TimeoutError')
    })
  }

  it('does not abort while somebody waits anywhere: at the owner, or at any other member', async () => {
    const { groups, signals, end } = start()
    const [here, afar, elsewhere] = [leavable(groups.owner), leavable(groups.a), groups.c.get('k')]
    await settled()
    await here.leave()
    await afar.leave()
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false])
    end('v')
    expect([await elsewhere, groups.owner.peek('k')]).to.deep.equal(['v', 'v'])
  })

  it('aborts at the owner when the last member has no waiter any more', async () => {
    const { groups, signals } = start()
    const waiters = [leavable(groups.c), leavable(groups.a)]
    await settled()
    for (const waiter of waiters) {
      expect(signals[0]?.aborted).to.equal(false)
      await waiter.leave()
    }
    expect(signals[0]?.aborted).to.equal(true)
  })

  it('aborts at the member that it was forwarded to, when rings differ', async () => {
    const { net, groups, signals } = start()
    net.setRing(['c', 'b', 'a'], 'b', 'c')
    const waiter = leavable(groups.a)
    await settled()
    expect(net.requests).to.deep.equal(['a→b get k', 'b→c forwarded k'])
    await waiter.leave()
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true])
  })

  it('is of no load where the one that asks has left before it asked; what is in memory it is answered all the same', async () => {
    const { net, groups, signals, end } = start()
    const caller = new Cancellation()
    caller.abort(new Error('gone'))
    const served = (): ServedValue => net.node('b').cacheGroup?.serve('k', 'get', caller)
    expect((await rejection(served() as Promise<unknown>)).message).to.equal('gone')
    expect(signals).to.have.length(0)
    end('v')
    await groups.owner.get('k')
    expect(served()).to.have.property('bytes')
  })

  it('aborts when the node stops', async () => {
    const { net, signals } = start()
    const failed = rejection((net.node('b').handle as GroupHandle<string>).get('k'))
    await settled()
    net.node('b').isOpen = false
    net.node('b').cacheGroup?.close()
    expect((await failed).name).to.equal('NotStartedError')
    expect([signals[0]?.aborted, (signals[0]?.reason as Error).name]).to.deep.equal([true, 'NotStartedError'])
  })
})

describe('who left', () => {
  it('causes no load elsewhere: neither at the successor nor here', async () => {
    const { net, groups, signals } = start()
    const waiter = leavable(groups.a)
    await settled()
    await waiter.leave()
    await settled()
    expect([signals.length, net.requests]).to.deep.equal([1, ['a→b get k']])
    expect(groups.a.stats()).to.include({ loads: 0 })
  })

  it('is not waited with for ever: a timeout of 0 ends at once unless the value is in memory', async () => {
    const { net, groups, end } = start()
    const none = rejection(groups.a.get('k', { timeout: 0 }))
    await net.clock.advance(0)
    expect((await none).name).to.equal('TimeoutError')
    end('v')
    await groups.a.get('k')
    expect(await groups.a.get('k', { timeout: 0 })).to.equal('v')
    expect(net.clock.timers).to.equal(0)
  })
})

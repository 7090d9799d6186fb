// A process that stood still, while the others may have given it up and gone on without it.

import { expect } from 'chai'
import { CATCH_UP_TIMEOUT, MAX_STANDSTILL } from '../../../src/constants.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'
import type { LoadContext } from '../../../src/index.js'

/** a owned everything, and had 'removed', 'tagged' and 'kept' in memory, when it stood still; b owns everything since. */
async function frozen (): Promise<{ net: GroupNetwork, a: GroupHandle<string>, b: GroupHandle<string> }> {
  const net = new GroupNetwork('a', 'b', 'c')
  let runs = 0
  const load = (key: string, context: LoadContext): string => {
    if (key === 'tagged') context.setTags(['t'])
    return `${key} v${++runs}`
  }
  const [a, b] = ['a', 'b', 'c'].map((name): GroupHandle<string> => net.node(name).group({ load })) as [GroupHandle<string>, GroupHandle<string>]
  net.node('a').mayFreeze()
  for (const key of ['removed', 'tagged', 'kept']) await a.get(key)
  net.freeze('a')
  await net.clock.advance(60_000)
  net.setRing(['b', 'c'], 'b', 'c')
  await b.remove('removed')
  await b.removeByTag('t')
  net.requests.length = 0
  return { net, a, b }
}

describe('a process that stood still', () => {
  it('asks all others what it missed before it answers from memory, and then answers what was not removed', async () => {
    const { net, a } = await frozen()
    net.thaw('a')
    expect(['removed', 'tagged', 'kept'].map(key => a.peek(key)), 'not before').to.deep.equal([undefined, undefined, undefined])
    expect(await a.getMany(['removed', 'tagged', 'kept'])).to.deep.equal(['removed v4', 'tagged v5', 'kept v3'])
    expect(net.requests.filter(request => request.includes('catch-up')).map(request => request.split(' ')[0])).to.deep.equal(['a→b', 'a→c'])
    expect(a.stats().loads).to.equal(5)
    expect(a.peek('kept')).to.equal('kept v3')
  })

  it('lets gets wait for that, however long it takes', async () => {
    const { net, a } = await frozen()
    const answer = Promise.withResolvers<void>()
    net.beforeAnswer = (_from, _to, verb) => verb === 'catch-up' ? answer.promise : undefined
    net.thaw('a')
    let value: string | undefined
    const get = a.get('kept').then(it => { value = it })
    await net.clock.advance(CATCH_UP_TIMEOUT - 1)
    expect(value).to.equal(undefined)
    answer.resolve()
    await get
    expect(value).to.equal('kept v3')
  })

  it('lets other members wait as well', async () => {
    const { net, b } = await frozen()
    net.setRing(['a', 'b', 'c'], 'b', 'c')
    const get = b.get('removed')
    await settled()
    net.thaw('a')
    expect(await get).to.equal('removed v4')
  })

  it('drops everything when one of the others cannot be asked in all that time: who knows what was removed there', async () => {
    const { net, a } = await frozen()
    net.loseTouch('c')
    net.thaw('a')
    const get = a.get('kept')
    await net.clock.advance(CATCH_UP_TIMEOUT)
    expect(await get).to.equal('kept v4')
  })

  it('asks once more when the others have cut their connections to it', async () => {
    const { net, a } = await frozen()
    net.loseTouch('b')
    net.thaw('a')
    const get = a.getMany(['removed', 'kept'])
    await net.clock.advance(1_000)
    net.node('b').isUp = true
    await net.clock.advance(CATCH_UP_TIMEOUT - 1_000)
    expect(await get).to.deep.equal(['removed v4', 'kept v3'])
  })

  it('drops everything when one does not answer in time', async () => {
    const { net, a } = await frozen()
    net.beforeAnswer = (_from, to, verb) => verb === 'catch-up' && to === 'c' ? new Promise(() => {}) : undefined
    net.thaw('a')
    const get = a.get('kept')
    await net.clock.advance(CATCH_UP_TIMEOUT)
    expect(await get).to.equal('kept v4')
  })

  it('does not count those that are certainly dead', async () => {
    const { net, a } = await frozen()
    net.node('c').isUp = false
    net.thaw('a')
    expect(await a.get('kept')).to.equal('kept v3')
  })

  it('alone, has missed nothing', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group()
    net.node('a').mayFreeze()
    await group.get('k')
    net.freeze('a')
    await net.clock.advance(60_000)
    net.thaw('a')
    expect(await group.get('k')).to.equal('k from a')
    expect(group.stats().loads).to.equal(1)
  })

  it('lets nobody join what was on its way, nor keeps it', async () => {
    const net = new GroupNetwork('a', 'b')
    const gate = Promise.withResolvers<string>()
    let runs = 0
    const a = net.node('a').group({ load: () => ++runs === 1 ? gate.promise : `v${runs}` })
    const b = net.node('b').group()
    net.node('a').mayFreeze()
    const before = a.get('k')
    await settled()
    net.freeze('a')
    await net.clock.advance(20_000)
    net.setRing(['b'], 'b')
    await b.remove('k')
    net.thaw('a')
    const after = a.get('k')
    await settled()
    gate.resolve('v1')
    expect([await before, await after, a.peek('k')]).to.deep.equal(['v1', 'v2', 'v2'])
  })

  it('for a moment only goes on as if nothing had been', async () => {
    const net = new GroupNetwork('a', 'b')
    const group = net.node('a').group()
    net.node('b').group()
    net.node('a').mayFreeze()
    await group.get('k')
    net.freeze('a')
    await net.clock.advance(MAX_STANDSTILL - 1)
    net.thaw('a')
    expect([group.peek('k'), net.requests]).to.deep.equal(['k from a', []])
  })
})

describe('a member that comes back to the ring', () => {
  it('is asked what was removed while it was away, before memory is answered from', async () => {
    const net = new GroupNetwork('a', 'b')
    let runs = 0
    const [a, b] = ['a', 'b'].map((name): GroupHandle<string> => net.node(name).group({ load: () => `v${++runs}` })) as [GroupHandle<string>, GroupHandle<string>]
    const { coherence } = net.node('a')
    net.node('a').mayFreeze()
    expect([await a.get('k'), await a.get('l')]).to.deep.equal(['v1', 'v2'])
    net.setRing(['a'], 'a')
    coherence.onLost('b')
    net.setRing(['b'], 'b')
    await b.remove('k')
    net.setRing(['a', 'b'])
    coherence.onJoin('b')
    expect(a.peek('k')).to.equal(undefined)
    expect([await a.get('k'), await a.get('l')]).to.deep.equal(['v3', 'v2'])
  })

  it('that was never lost is not asked', () => {
    const net = new GroupNetwork('a', 'b')
    net.node('a').group()
    net.node('a').mayFreeze()
    net.node('a').coherence.onJoin('b')
    expect(net.requests).to.deep.equal([])
  })
})

describe('a process that was given up although it never stood still for long', () => {
  it('asks the others what it missed when it hears of that, and joins nothing that was on its way', async () => {
    const net = new GroupNetwork('a', 'b', 'c')
    let runs = 0
    const [a, b] = ['a', 'b', 'c'].map((name): GroupHandle<string> => net.node(name).group({ load: key => `${key} v${++runs}` })) as [GroupHandle<string>, GroupHandle<string>]
    net.node('a').mayFreeze()
    await a.getMany(['removed', 'kept'])
    // the others go on without it, and what it does is late, but for its timers
    net.setRing(['b', 'c'], 'b', 'c')
    await b.remove('removed')
    expect(a.peek('removed'), 'nobody has told it').to.equal('removed v1')
    net.requests.length = 0
    net.node('a').coherence.onGivenUp()
    expect([a.peek('removed'), a.peek('kept')], 'not before it knows').to.deep.equal([undefined, undefined])
    expect(await a.getMany(['removed', 'kept'])).to.deep.equal(['removed v3', 'kept v2'])
    expect(net.requests.filter(request => request.includes('catch-up')).map(request => request.split(' ')[0])).to.deep.equal(['a→b', 'a→c'])
  })

  it('drops everything when one cannot be asked', async () => {
    const net = new GroupNetwork('a', 'b')
    let runs = 0
    const a = net.node('a').group({ load: key => `${key} v${++runs}` })
    net.node('b').group()
    net.node('a').mayFreeze()
    await a.get('k')
    net.loseTouch('b')
    net.node('a').coherence.onGivenUp()
    const get = a.get('k')
    await net.clock.advance(CATCH_UP_TIMEOUT)
    expect(await get).to.equal('k v2')
  })

  it('has missed nothing that it could have in a node that was stopped', () => {
    const net = new GroupNetwork('a', 'b')
    net.node('a').group()
    net.node('b').group()
    net.node('a').coherence.stop()
    net.node('a').coherence.onGivenUp()
    expect(net.requests).to.deep.equal([])
  })
})

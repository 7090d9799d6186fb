import { expect } from 'chai'
import { INVALIDATION_TIMEOUT, LEASE } from '../../../src/constants.js'
import { InvalidationIncompleteError } from '../../../src/errors.js'
import { Cancellation } from '../../../src/flight/abortable.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { Group } from '../../../src/index.js'

/** A loader whose values are v1, v2, … in the order it is called. */
function counting (): () => string {
  let runs = 0
  return () => `v${++runs}`
}

describe('a remove', () => {
  it('drops main and hot copies here and at the owner', async () => {
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group({ load: counting() })
    const group = net.node('a').group()
    expect(await group.get('k')).to.equal('v1')
    await group.remove('k')
    expect([owner.peek('k'), group.peek('k')]).to.deep.equal([undefined, undefined])
    expect(await group.get('k')).to.equal('v2')
  })

  it('of a key that nobody has is no error', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    await net.node('a').group().remove('k')
  })

  it('lets those who wait have the value, which is not stored: a load that began before a remove is not kept after it', async () => {
    const net = new GroupNetwork('b', 'a')
    const { load, resolve } = gate()
    const owner = net.node('b').group({ load })
    const group = net.node('a').group()
    const gets = [owner.get('k'), group.get('k')]
    await settled()
    await group.remove('k')
    resolve('old')
    expect(await Promise.all(gets)).to.deep.equal(['old', 'old'])
    expect([owner.peek('k'), group.peek('k')]).to.deep.equal([undefined, undefined])
    expect(owner.stats()).to.include({ items: 0, hotItems: 0 })
    expect(group.stats()).to.include({ items: 0, hotItems: 0 })
  })

  it('is not joined past: a get after it starts a load of its own', async () => {
    const gates = [gate(), gate()]
    let runs = 0
    const group = new GroupNetwork('a').node('a').group({ load: () => (gates[runs++] as ReturnType<typeof gate>).promise })
    const before = group.get('k')
    await group.remove('k')
    const after = group.get('k')
    gates[1]?.resolve('new')
    expect(await after).to.equal('new')
    gates[0]?.resolve('old')
    expect(await before).to.equal('old')
    expect(group.peek('k')).to.equal('new')
  })

  it('is not undone by a get that fetched the old value while it was on its way', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: counting() })
    const group = net.node('a').group()
    await net.node('b').handle.get('k')
    const confirm = Promise.withResolvers<void>()
    net.beforeAnswer = (_from, _to, ask) => ask === 'remove' ? confirm.promise : undefined
    const removed = group.remove('k')
    const during = group.get('k')
    expect(await during).to.be.oneOf(['v1', 'v2'])
    confirm.resolve()
    await removed
    expect(await group.get('k')).to.not.equal('v1')
  })

  it('is not undone by the answer to a get that everybody has left', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: counting() })
    const answer = Promise.withResolvers<void>()
    net.beforeAnswer = (_from, _to, ask) => ask === 'get' ? answer.promise : undefined
    const group = net.node('a').group()
    const caller = new AbortController()
    const left = rejection(group.get('k', { signal: caller.signal }))
    await settled()
    caller.abort()
    await left
    await group.remove('k')
    answer.resolve()
    await settled()
    expect(group.peek('k')).to.equal(undefined)
  })

  it('is not undone by what the former owner of the key still has', async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const load = counting()
    const groups = ['a', 'b', 'c'].map(name => net.node(name).group({ load }))
    await groups[1]?.get('k')
    net.setRing(['a', 'b', 'c'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    await groups[2]?.remove('k')
    for (const group of groups) expect(await group.get('k')).to.not.equal('v1')
  })

  it('is not undone by a load that began before the key was lost, removed at its new owner, and regained', async () => {
    const net = new GroupNetwork('a', 'b')
    const { load, resolve } = gate()
    const [a, b] = [net.node('a').group({ load }), net.node('b').group()]
    const before = a.get('k')
    await settled()
    net.setRing(['b', 'a'])
    await b.remove('k')
    net.setRing(['a', 'b'])
    resolve('old')
    await before
    expect(a.peek('k')).to.equal(undefined)
  })

  it('is not undone by losing and regaining the key: what was kept for the new owner is not served', async () => {
    const net = new GroupNetwork('a', 'b')
    const [a, b] = [net.node('a').group({ load: counting() }), net.node('b').group()]
    expect(await a.get('k')).to.equal('v1')
    net.setRing(['b', 'a'])
    await b.remove('k')
    net.setRing(['a', 'b'])
    expect(await a.get('k')).to.equal('v2')
  })

  it('is not undone by a copy that two members who disagree about the owner pass to and fro', async () => {
    const net = new GroupNetwork('a', 'b')
    const load = counting()
    const groups = [net.node('a').group({ load, hot: { ttl: 1_000 } }), net.node('b').group({ load, hot: { ttl: 1_000 } })] as const
    net.setRing(['b', 'a'], 'a')
    net.setRing(['a', 'b'], 'b')
    const first = await groups[0].get('k')
    let last = first
    for (let i = 0; i < 40 && last === first; i++) {
      await net.clock.advance(600)
      last = await (groups[i % 2] as typeof groups[0]).get('k')
    }
    expect(last, 'after 24 times the life of a copy').to.not.equal(first)
  })

  it('is not undone by what a member loaded in place of an owner that it could not reach, and now owns', async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const load = counting()
    const [a, , c] = ['a', 'b', 'c'].map(name => net.node(name).group({ load })) as [Group<string>, unknown, Group<string>]
    net.beforeAnswer = from => { if (from === 'a') throw new Error('cut off') }
    const first = await a.get('k')
    await c.remove('k')
    net.beforeAnswer = () => {}
    net.setRing(['a', 'c'])
    // a stand-in may be served for its few seconds, and not for ever
    await net.clock.advance(60_000)
    expect(await c.get('k')).to.not.equal(first)
  })

  it("is not undone by the key's former owner that could not be told of it, and is in touch again", async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const load = counting()
    const groups = ['a', 'b', 'c'].map(name => net.node(name).group({ load, hot: false }))
    const [a, b, c] = groups
    expect(await b?.get('k')).to.equal('v1')
    net.setRing(['a', 'b', 'c'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    for (const group of [a, c]) {
      net.loseTouch('b')
      const removed = group?.remove('k')
      await net.clock.advance(3 * LEASE)
      await removed
      await net.findAgain('b')
      expect(await group?.get('k')).to.not.equal('v1')
    }
  })

  it('that the owner does not confirm, nor anybody in its place, is an InvalidationIncompleteError that names it; the copy here is gone all the same', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    await group.get('k')
    net.loseTouch('b')
    const failed = rejection(group.remove('k'))
    await net.clock.advance(INVALIDATION_TIMEOUT + LEASE)
    const err = await failed
    expect(err).to.be.instanceOf(InvalidationIncompleteError)
    expect(err).to.have.property('members').that.deep.equals([net.node('b').peerId])
    expect(err).to.include({ group: 'g' })
    expect((err.cause as Error).name).to.equal('PeerUnreachableError')
    expect(group.peek('k')).to.equal(undefined)
  })

  it('whose owner is certainly dead is done by its successor, with what that loaded in its place', async () => {
    const net = new GroupNetwork('x', 'b', 'a')
    const load = counting()
    for (const name of ['b', 'a']) net.node(name).group({ load })
    net.node('x').isUp = false
    const [a, b] = [net.node('a').handle, net.node('b').handle]
    expect(await a.get('k')).to.equal('v1')
    expect(b.peek('k')).to.equal('v1')
    await a.remove('k')
    expect(b.peek('k')).to.equal(undefined)
    expect(await a.get('k')).to.equal('v2')
  })

  it('whose owner leaves the ring meanwhile is done by the next one', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    net.beforeAnswer = () => {
      net.loseTouch('b')
      net.setRing(['a'], 'a')
    }
    const removed = group.remove('k')
    await net.clock.advance(LEASE)
    await removed
  })

  it('with a signal that is aborted already removes nothing', async () => {
    const group = new GroupNetwork('a').node('a').group()
    await group.get('k')
    await rejection(group.remove('k', { signal: AbortSignal.abort() }))
    expect(group.peek('k')).to.equal('k from a')
  })
})

describe('a change of the ring', () => {
  it('takes away what this member does not own any more: it asks the new owner', async () => {
    const net = new GroupNetwork('a', 'b')
    const [a] = [net.node('a').group(), net.node('b').group()]
    await a.get('k')
    net.setRing(['b', 'a'])
    expect(a.peek('k')).to.equal(undefined)
    expect(await a.get('k')).to.equal('k from b')
  })

  it('has moved values for their new owners until they have them, and forgets the rest when the time for that is over', async () => {
    const net = new GroupNetwork('a', 'b')
    const [a] = [net.node('a').group(), net.node('b').group()]
    await a.get('k')
    await a.get('other')
    net.setRing(['b', 'a'])
    expect(a.serve('k', 'moved', new Cancellation())).to.have.property('bytes').that.is.instanceOf(Uint8Array)
    net.node('a').cacheGroup?.forgetMovedKey('k')
    expect(a.serve('k', 'moved', new Cancellation())).to.equal(undefined)
    expect(a.stats().items).to.equal(1)
    a.onTakeOverEnd()
    expect(a.stats()).to.include({ items: 0, bytes: 0 })
    expect(a.serve('other', 'moved', new Cancellation())).to.equal(undefined)
  })
})

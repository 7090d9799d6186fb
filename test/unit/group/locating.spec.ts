import { expect } from 'chai'
import { GroupNetwork } from '../../support/group-network.js'
import { rejection } from '../../support/thrown.js'
import type { Located } from '../../../src/index.js'

const placesOf = ({ cachedAt }: Located): string[] => cachedAt.map(({ member, where }) => `${member.name} ${where}`).sort()

describe('where a key is', () => {
  it('is asked of all members, loads nothing, and is counted nowhere', async () => {
    const net = new GroupNetwork('b', 'c', 'a')
    for (const name of ['a', 'b', 'c']) net.node(name).group()
    const { handle } = net.node('a')
    const before = await handle.locate('k')
    expect([before.owner.name, before.successor?.name, placesOf(before), before.unknown]).to.deep.equal(['b', 'c', [], []])
    await handle.get('k')
    expect(placesOf(await handle.locate('k'))).to.deep.equal(['a hot', 'b main'])
    expect(placesOf(await net.node('b').handle.locate('k'))).to.deep.equal(['a hot', 'b main'])
    expect(net.node('b').handle.stats()).to.include({ loads: 1, serverGets: 1, gets: 0, mainHits: 0 })
    expect(handle.stats()).to.include({ peerGets: 1, gets: 1, hotHits: 0 })
  })

  it('says that a value is old, and being served', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group({ ttl: 10, staleWhileRevalidate: 1_000 })
    await group.get('k')
    await net.clock.advance(10)
    expect(placesOf(await group.locate('k'))).to.deep.equal(['a stale'])
    expect(group.stats().loads).to.equal(1)
  })

  it('is not known of a member that does not answer, or has no such group', async () => {
    const net = new GroupNetwork('b', 'c', 'd', 'a')
    for (const name of ['a', 'b', 'c']) net.node(name).group()
    net.node('c').isUp = false
    const { unknown } = await net.node('a').handle.locate('k')
    expect(unknown.map(({ name }) => name).sort()).to.deep.equal(['c', 'd'])
  })

  it('is not asked with what is no key, by who has stopped, or for who has left', async () => {
    const net = new GroupNetwork('a')
    const group = net.node('a').group()
    expect((await rejection(group.locate(5 as unknown as string))).name).to.equal('InvalidParametersError')
    expect((await rejection(group.locate('k', { signal: AbortSignal.abort(new Error('left')) }))).message).to.equal('left')
    net.node('a').isOpen = false
    expect((await rejection(group.locate('k'))).name).to.equal('NotStartedError')
  })
})

describe('how long an old value may be served', () => {
  it('may be said of each value, by a function', async () => {
    const net = new GroupNetwork('a')
    let version = 0
    const group = net.node('a').group({ ttl: 10, staleWhileRevalidate: value => value.startsWith('long') ? 1_000 : 5, load: key => `${key} ${++version}` })
    await Promise.all([group.get('long'), group.get('short')])
    await net.clock.advance(20)
    expect([await group.get('long'), await group.get('short')]).to.deep.equal(['long 1', 'short 4'])
  })

  it('is not at all where the function fails, or says what is no time', async () => {
    for (const staleIfError of [() => { throw new Error('no') }, () => -1, () => NaN]) {
      const net = new GroupNetwork('a')
      let version = 0
      const group = net.node('a').group({ ttl: 10, staleIfError, load: () => { if (++version > 1) throw new Error('the origin is gone'); return 'v' } })
      await group.get('k')
      await net.clock.advance(20)
      expect((await rejection(group.get('k'))).name).to.equal('LoadError')
    }
  })
})

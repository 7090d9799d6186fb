import { expect } from 'chai'
import { LoadError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'
import type { GroupOptions } from '../../../src/index.js'

/** An origin whose answers a test may hold up, or fail. */
class Origin {
  runs = 0
  fails = false
  held: Promise<void> | undefined

  readonly load = async (): Promise<string> => {
    const run = ++this.runs
    await this.held
    if (this.fails) throw new Error('the origin is down')
    return `v${run}`
  }
}

/** b owns everything, a asks it; the value of k is v1, and old by now. */
async function old (options: Partial<GroupOptions<string>>): Promise<{ net: GroupNetwork, origin: Origin, owner: GroupHandle<string>, group: GroupHandle<string> }> {
  const net = new GroupNetwork('b', 'a')
  const origin = new Origin()
  const all = { ttl: 1_000, load: origin.load, loadLocallyOnLoadError: false, ...options }
  const [owner, group] = [net.node('b').group(all), net.node('a').group(all)]
  expect(await group.get('k')).to.equal('v1')
  await net.clock.advance(1_000)
  return { net, origin, owner, group }
}

describe('staleWhileRevalidate', () => {
  it('answers at once with the old value, while the owner loads it anew, once', async () => {
    const { origin, owner } = await old({ staleWhileRevalidate: 500 })
    const gate = Promise.withResolvers<void>()
    origin.held = gate.promise
    const values = await Promise.all(Array.from({ length: 10 }, () => owner.get('k')))
    expect([values.every(value => value === 'v1'), owner.peek('k'), origin.runs]).to.deep.equal([true, 'v1', 2])
    gate.resolve()
    await settled()
    expect([await owner.get('k'), origin.runs]).to.deep.equal(['v2', 2])
    expect(owner.stats()).to.include({ mainHits: 11, loads: 2, loadErrors: 0, joined: 0 })
  })

  it('answers so from afar, too: the refresh is the owner\'s, once for the cluster, and no copy of the old one is kept', async () => {
    const { net, origin, owner, group } = await old({ staleWhileRevalidate: 500 })
    const gate = Promise.withResolvers<void>()
    origin.held = gate.promise
    for (let i = 0; i < 5; i++) expect(await group.get('k')).to.equal('v1')
    expect(await owner.get('k')).to.equal('v1')
    expect([origin.runs, group.stats().loads, group.peek('k')]).to.deep.equal([2, 0, undefined])
    expect(net.requests).to.have.length(6)
    gate.resolve()
    await settled()
    expect([await group.get('k'), group.peek('k'), origin.runs]).to.deep.equal(['v2', 'v2', 2])
  })

  it('keeps the old value when it cannot be loaded anew, and tries again at the next get', async () => {
    const { origin, owner } = await old({ staleWhileRevalidate: 500 })
    origin.fails = true
    for (let i = 2; i < 5; i++) {
      expect(await owner.get('k')).to.equal('v1')
      await settled()
      expect(origin.runs).to.equal(i)
    }
    origin.fails = false
    await owner.get('k')
    await settled()
    expect(await owner.get('k')).to.equal('v5')
    expect(owner.stats()).to.include({ loads: 5, loadErrors: 3 })
  })

  it('does not try again while a failure is remembered', async () => {
    const { net, origin, owner } = await old({ staleWhileRevalidate: 500, errorTtl: 100 })
    origin.fails = true
    for (let i = 0; i < 5; i++) {
      expect(await owner.get('k')).to.equal('v1')
      await settled()
    }
    expect(origin.runs).to.equal(2)
    await net.clock.advance(100)
    await owner.get('k')
    expect(origin.runs).to.equal(3)
  })

  it('ends with its window, to the millisecond', async () => {
    const { net, origin, owner } = await old({ staleWhileRevalidate: 500 })
    await net.clock.advance(499)
    origin.fails = true
    expect(await owner.get('k')).to.equal('v1')
    await net.clock.advance(1)
    expect(owner.peek('k')).to.equal(undefined)
    expect(await rejection(owner.get('k'))).to.be.instanceOf(LoadError)
  })

  it('is off by default', async () => {
    const { owner } = await old({})
    expect([owner.peek('k'), await owner.get('k')]).to.deep.equal([undefined, 'v2'])
  })

  it('waits with a get past the window for a refresh that is under way, and does not load twice', async () => {
    const { net, origin, owner } = await old({ staleWhileRevalidate: 500 })
    const gate = Promise.withResolvers<void>()
    origin.held = gate.promise
    await owner.get('k')
    await net.clock.advance(500)
    const get = owner.get('k')
    await settled()
    gate.resolve()
    expect([await get, origin.runs]).to.deep.equal(['v2', 2])
  })

  it('goes on although who waited for it besides has left', async () => {
    const { net, origin, owner } = await old({ staleWhileRevalidate: 500 })
    const gate = Promise.withResolvers<void>()
    origin.held = gate.promise
    await owner.get('k')
    await net.clock.advance(500)
    const left = rejection(owner.get('k', { timeout: 10 }))
    await net.clock.advance(10)
    await left
    gate.resolve()
    await settled()
    expect(owner.peek('k')).to.equal('v2')
  })
})

describe('staleIfError', () => {
  it('hands the old value out when it could not be loaded anew, here and from afar, and tries each time', async () => {
    const { origin, owner, group } = await old({ staleIfError: 500 })
    origin.fails = true
    expect([await owner.get('k'), await group.get('k'), origin.runs]).to.deep.equal(['v1', 'v1', 3])
    expect([owner.peek('k'), group.peek('k')]).to.deep.equal([undefined, undefined])
    expect(owner.stats()).to.include({ loadErrors: 2 })
  })

  it('waits for the new value while there is hope for one', async () => {
    const { owner } = await old({ staleIfError: 500 })
    expect(await owner.get('k')).to.equal('v2')
  })

  it('ends with its window, to the millisecond', async () => {
    const { net, origin, owner } = await old({ staleIfError: 500 })
    origin.fails = true
    await net.clock.advance(499)
    expect(await owner.get('k')).to.equal('v1')
    await net.clock.advance(1)
    expect(await rejection(owner.get('k'))).to.be.instanceOf(LoadError)
  })

  it('begins where the shorter of both windows ends', async () => {
    const { net, origin, owner } = await old({ staleWhileRevalidate: 100, staleIfError: 500 })
    origin.fails = true
    await net.clock.advance(100)
    expect([owner.peek('k'), await owner.get('k')]).to.deep.equal([undefined, 'v1'])
  })

  it('does not ask the origin while its failure is remembered', async () => {
    const { origin, owner } = await old({ staleIfError: 500, errorTtl: 100 })
    origin.fails = true
    for (let i = 0; i < 5; i++) expect(await owner.get('k')).to.equal('v1')
    expect(origin.runs).to.equal(2)
  })

  it('is not for who leaves, nor for a load that is given up: they get what ended it', async () => {
    const { origin, owner } = await old({ staleIfError: 500 })
    origin.held = new Promise(() => {})
    const caller = new AbortController()
    const left = rejection(owner.get('k', { signal: caller.signal }))
    caller.abort(new Error('mine'))
    expect((await left).message).to.equal('mine')
  })
})

describe('an old value', () => {
  const ways: Array<[string, (group: GroupHandle<string>) => Promise<void>]> = [
    ['remove', group => group.remove('k')],
    ['removeMany', group => group.removeMany(['k', 'l'])],
    ['clear', group => group.clear()]
  ]
  for (const [way, work] of ways) {
    it(`is not served any more after a ${way}, whatever the origin says`, async () => {
      const { origin, owner, group } = await old({ staleWhileRevalidate: 5_000, staleIfError: 5_000 })
      origin.fails = true
      await work(group)
      expect(owner.peek('k')).to.equal(undefined)
      for (const each of [owner, group]) expect(await rejection(each.get('k'))).to.be.instanceOf(LoadError)
    })
  }

  it('is not served by a load that began before a remove and fails after it', async () => {
    const { origin, owner } = await old({ staleIfError: 5_000 })
    const gate = Promise.withResolvers<void>()
    origin.held = gate.promise
    origin.fails = true
    const get = rejection(owner.get('k'))
    await settled()
    await owner.remove('k')
    gate.resolve()
    expect(await get).to.be.instanceOf(LoadError)
  })

  it('does not come back with a refresh that began before a remove', async () => {
    const { origin, owner } = await old({ staleWhileRevalidate: 5_000 })
    const gate = Promise.withResolvers<void>()
    origin.held = gate.promise
    await owner.get('k')
    await owner.remove('k')
    gate.resolve()
    await settled()
    expect([owner.peek('k'), owner.stats().items]).to.deep.equal([undefined, 0])
  })

  it('is not given to a new owner', async () => {
    const { net, origin, group } = await old({ staleWhileRevalidate: 5_000, staleIfError: 5_000 })
    net.setRing(['a', 'b'])
    net.node('a').former = { id: 'b', since: net.clock.now() }
    expect([await group.get('k'), origin.runs]).to.deep.equal(['v2', 2])
  })
})

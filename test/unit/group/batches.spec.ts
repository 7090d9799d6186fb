import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { show } from '../../../src/errors.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'

function two (load: (key: string) => string | Promise<string> = key => `v${key}`): { net: GroupNetwork, owner: GroupHandle<string>, group: GroupHandle<string> } {
  const net = new GroupNetwork('b', 'a')
  return { net, owner: net.node('b').group({ load }), group: net.node('a').group({ load, loadLocallyOnLoadError: false }) }
}

const isBad = (key: string): string => { if (key.startsWith('bad')) throw new Error(`no ${key}`); else return `v${key}` }

describe('getMany', () => {
  it('gives the values in the order of their keys', async () => {
    const { owner, group } = two()
    await owner.get('2')
    await group.get('3')
    expect(await group.getMany(['3', '1', '2'])).to.deep.equal(['v3', 'v1', 'v2'])
  })

  it('asks once for a key that is there twice, loads it once, and counts it once', async () => {
    const { net, owner, group } = two()
    expect(await group.getMany(['1', '2', '1', '1'])).to.deep.equal(['v1', 'v2', 'v1', 'v1'])
    expect([net.requests, owner.stats().loads]).to.deep.equal([['a→b get 1', 'a→b get 2'], 2])
    expect(group.stats()).to.include({ gets: 2, joined: 0, peerGets: 2 })
  })

  it('shares flights with single gets and other batches, before and after', async () => {
    const { load, calls, resolve } = gate()
    const { group } = two(load)
    const gets = [group.get('1'), ...[['1', '2'], ['2', '3']].map(keys => group.getMany(keys)), group.get('3')]
    await settled()
    resolve('v')
    expect(await Promise.all(gets)).to.deep.equal(['v', ['v', 'v'], ['v', 'v'], 'v'])
    expect(calls).to.deep.equal(['1', '2', '3'])
    expect(group.stats()).to.include({ gets: 6, joined: 3, peerGets: 3 })
  })

  it('rejects with the first failure; the others go on and are kept', async () => {
    const { owner, group } = two(isBad)
    expect((await rejection(group.getMany(['1', 'bad', '2']))).message).to.include('no bad')
    await settled()
    expect([owner.peek('1'), group.peek('2')]).to.deep.equal(['v1', 'v2'])
  })

  it('of no keys is no values', async () => {
    const { group } = two()
    expect([await group.getMany([]), await group.getManySettled([]), group.stats().gets]).to.deep.equal([[], [], 0])
    await group.removeMany([])
  })

  it('of 10,000 keys gives 10,000 values', async () => {
    const { group } = two()
    const keys = Array.from({ length: 10_000 }, (_, i) => `${i}`)
    expect(await group.getMany(keys)).to.deep.equal(keys.map(key => `v${key}`))
    expect(group.stats()).to.include({ gets: 10_000, peerGets: 10_000, hotItems: 10_000 })
    expect(await group.getMany(keys, { timeout: 1_000, signal: new AbortController().signal })).to.have.length(10_000)
    await group.removeMany(keys)
    expect(group.stats()).to.include({ hotItems: 0, hotHits: 10_000 })
  })

  it('on a node that is not started rejects, and each outcome is that', async () => {
    const { net, group } = two()
    net.node('a').isOpen = false
    expect((await rejection(group.getMany(['1']))).name).to.equal('NotStartedError')
    expect((await group.getManySettled(['1'])).map(({ status }) => status)).to.deep.equal(['rejected'])
  })
})

describe('getManySettled', () => {
  it('has an outcome for each key, in their order', async () => {
    const { group } = two(isBad)
    const [one, bad, two_, again] = await group.getManySettled(['1', 'bad', '2', 'bad'])
    expect([one, two_]).to.deep.equal([{ status: 'fulfilled', value: 'v1' }, { status: 'fulfilled', value: 'v2' }])
    expect([bad?.status, again]).to.deep.equal(['rejected', bad])
  })
})

const BAD_KEYS: unknown[] = [5, undefined, null, {}, '\ud800', 'k'.repeat(65_536)]

for (const key of BAD_KEYS) {
  describe(`a batch with the key ${show(key)}`, () => {
    it('fails alone in getManySettled, and is not counted', async () => {
      const { group } = two()
      const [good, bad] = await group.getManySettled(['1', key as string])
      expect(good).to.deep.equal({ status: 'fulfilled', value: 'v1' })
      expect(bad).to.have.property('reason').that.is.instanceOf(InvalidParametersError).with.property('message').that.matches(/^key: expected /)
      expect(group.stats().gets).to.equal(1)
    })

    it('rejects getMany', async () => { expect(await rejection(two().group.getMany(['1', key as string]))).to.be.instanceOf(InvalidParametersError) })

    it('rejects removeMany, and nothing is removed', async () => {
      const { group } = two()
      await group.get('1')
      expect(await rejection(group.removeMany(['1', key as string]))).to.be.instanceOf(InvalidParametersError)
      expect(group.peek('1')).to.equal('v1')
    })
  })
}

describe('keys', () => {
  it('that are missing in an array are no keys: they are not passed over', async () => {
    const { group } = two()
    const keys = ['1']
    keys[2] = '3'
    expect(await rejection(group.getMany(keys))).to.be.instanceOf(InvalidParametersError)
    expect((await group.getManySettled(keys)).map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled'])
    expect(await rejection(group.removeMany(keys))).to.be.instanceOf(InvalidParametersError)
  })

  for (const keys of ['k', undefined, null, 5, new Set(['k']), { length: 1, 0: 'k' }]) {
    it(`that are no array but ${show(keys)} are refused`, async () => {
      const { group } = two()
      for (const call of [group.getMany(keys as never), group.getManySettled(keys as never), group.removeMany(keys as never)]) {
        const err = await rejection(call)
        expect(err).to.be.instanceOf(InvalidParametersError)
        expect(err.message).to.equal(`keys: expected an array of strings, got ${show(keys)}`)
      }
    })
  }
})

describe('the timeout and the signal of a batch', () => {
  it('are the reason for each key, when nobody else waits and the flights end with the batch', async () => {
    const { load } = gate()
    const { net, group } = two(load)
    const batch = group.getManySettled(['1', '2', '3', '2'], { timeout: 100 })
    await net.clock.advance(100)
    const outcomes = await batch
    const messageOf = (outcome: PromiseSettledResult<string>): string => outcome.status === 'rejected' ? (outcome.reason as Error).message : 'no failure'
    expect(outcomes.map(messageOf)).to.deep.equal(outcomes.map(() => 'not all of 4 values within 100 ms'))
  })

  it('leave the outcomes what they were, when values come later', async () => {
    const { load, resolve } = gate()
    const { net, group } = two(load)
    const other = group.get('1')
    const batch = group.getManySettled(['1', '2'], { timeout: 100 })
    await net.clock.advance(100)
    const outcomes = await batch
    resolve('v')
    expect(await other).to.equal('v')
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
  })

  it('are for all of it: what has no value by then rejects, the rest has its values, and the loads go on for others', async () => {
    const { load, resolve } = gate()
    const { net, group } = two(key => key === 'slow' ? load(key) : key)
    const other = group.get('slow')
    const settledBatch = group.getManySettled(['1', 'slow'], { timeout: 100 })
    const batch = rejection(group.getMany(['1', 'slow'], { timeout: 100 }))
    await net.clock.advance(100)
    const [one, slow] = await settledBatch
    expect(one).to.deep.equal({ status: 'fulfilled', value: '1' })
    expect(slow).to.have.property('reason').that.has.property('name', 'TimeoutError')
    expect((await batch).message).to.equal('not all of 2 values within 100 ms')
    resolve('v')
    expect(await other).to.equal('v')
    expect(net.clock.timers).to.equal(0)
  })

  it('let loads go on that nobody else waits for no longer than that', async () => {
    const signals: AbortSignal[] = []
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: (_key, { signal }) => { signals.push(signal); return new Promise<string>(() => {}) } })
    const group = net.node('a').group()
    const caller = new AbortController()
    const batch = rejection(group.getMany(['1', '2', '3'], { signal: caller.signal }))
    await settled()
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false, false, false])
    const reason = new Error('mine')
    caller.abort(reason)
    expect(await batch).to.equal(reason)
    await settled()
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true, true])
  })

  it('may be shared by many of them without a warning', async () => {
    const warnings: string[] = []
    const onWarning = (warning: Error): void => { warnings.push(warning.name) }
    process.on('warning', onWarning)
    const caller = new AbortController()
    const group = new GroupNetwork('a').node('a').group({ load: () => new Promise<string>(() => {}) })
    const batches = Array.from({ length: 20 }, (_, i) => group.getManySettled([`${i}`], caller))
    await settled()
    caller.abort(new Error('mine'))
    await Promise.all(batches)
    await settled()
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
  })

  it('take one timer and one listener, however many keys, and leave none', async () => {
    const { load, resolve } = gate()
    const { net, group } = two(load)
    const { signal } = new AbortController()
    let listeners = 0
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (...args: Parameters<typeof add>) => { listeners++; add(...args) }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => { listeners--; remove(...args) }
    const batch = group.getMany(Array.from({ length: 100 }, (_, i) => `${i}`), { timeout: 1_000, signal })
    // before the loads, each of which has a timer, begin
    expect([listeners, net.clock.timers]).to.deep.equal([1, 1])
    await settled()
    resolve('v')
    await batch
    expect([listeners, net.clock.timers]).to.deep.equal([0, 0])
  })
})

describe('removeMany', () => {
  it('removes them all with one request to the owner, each key once', async () => {
    const { net, owner, group } = two()
    await group.getMany(['1', '2', '3'])
    net.requests.length = 0
    await group.removeMany(['1', '2', '1'])
    expect(net.requests.filter(request => request.includes('remove'))).to.deep.equal(['a→b remove 1,2'])
    expect([owner.peek('1'), owner.peek('2'), owner.peek('3'), group.peek('1'), group.peek('3')]).to.deep.equal([undefined, undefined, 'v3', undefined, 'v3'])
  })
})

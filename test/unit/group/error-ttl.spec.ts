import { expect } from 'chai'
import { LoadError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'

interface Start { net: GroupNetwork, owner: GroupHandle<string>, group: GroupHandle<string>, origin: { runs: number, fails: boolean, held?: Promise<void> } }

function start (errorTtl?: number): Start {
  const net = new GroupNetwork('b', 'a')
  const origin: Start['origin'] = { runs: 0, fails: true }
  const options = {
    ...(errorTtl === undefined ? {} : { errorTtl }),
    loadLocallyOnLoadError: false,
    load: async (key: string): Promise<string> => {
      origin.runs++
      await origin.held
      if (origin.fails) throw new Error(`no ${key}, try ${origin.runs}`)
      return `v${origin.runs}`
    }
  }
  return { net, owner: net.node('b').group(options), group: net.node('a').group(options), origin }
}

describe('errorTtl', () => {
  it('remembers a failed load for so long, for all, to the millisecond: gets fail at once with its error', async () => {
    const { net, owner, group, origin } = start(1_000)
    const first = await rejection(owner.get('k'))
    await net.clock.advance(999)
    expect(await rejection(owner.get('k'))).to.equal(first)
    expect(await rejection(group.get('k'))).to.be.instanceOf(LoadError).with.property('message').that.includes('no k, try 1')
    expect([origin.runs, owner.stats().loads, owner.stats().loadErrors]).to.deep.equal([1, 1, 1])
    await net.clock.advance(1)
    origin.fails = false
    expect(await owner.get('k')).to.equal('v2')
  })

  it('is of one key alone', async () => {
    const { owner, origin } = start(1_000)
    await rejection(owner.get('k'))
    origin.fails = false
    expect(await owner.get('l')).to.equal('v2')
  })

  it('is off by default', async () => {
    const { owner, origin } = start()
    await rejection(owner.get('k'))
    await rejection(owner.get('k'))
    expect(origin.runs).to.equal(2)
  })

  const ways: Array<[string, (group: GroupHandle<string>) => Promise<void>]> = [
    ['remove', group => group.remove('k')],
    ['removeMany', group => group.removeMany(['l', 'k'])],
    ['removeByTag, whatever the tag: that of a value that there is none of is not known', group => group.removeByTag('t')],
    ['clear', group => group.clear()],
    ['set', group => group.set('k', 'set')]
  ]
  for (const [way, work] of ways) {
    it(`is cleared by ${way}, from afar`, async () => {
      const { owner, group, origin } = start(1_000)
      await rejection(owner.get('k'))
      origin.fails = false
      await work(group)
      expect(await owner.get('k')).to.equal(way === 'set' ? 'set' : 'v2')
    })

    it(`is not there for a load that began before a ${way.split(',')[0] ?? way} and fails after it`, async () => {
      const { owner, group, origin } = start(1_000)
      const gate = Promise.withResolvers<void>()
      origin.held = gate.promise
      const failed = rejection(owner.get('k'))
      await settled()
      await work(group)
      gate.resolve()
      await failed
      origin.fails = false
      expect(await owner.get('k')).to.equal(way === 'set' ? 'set' : 'v2')
    })
  }

  it('does not remember that everybody left, nor that the node stopped', async () => {
    const { owner, origin } = start(1_000)
    origin.held = new Promise(() => {})
    const caller = new AbortController()
    const left = rejection(owner.get('k', { signal: caller.signal }))
    await settled()
    caller.abort()
    await left
    delete origin.held
    origin.fails = false
    expect(await owner.get('k')).to.equal('v2')
  })

  it('remembers at each member that loads: at the owner, and here where its load is tried again', async () => {
    const net = new GroupNetwork('b', 'a')
    let runs = 0
    const options = { errorTtl: 1_000, load: (): string => { throw new Error(`try ${++runs}`) } }
    net.node('b').group(options)
    const group = net.node('a').group(options)
    for (let i = 0; i < 5; i++) {
      const err = await rejection(group.get('k'))
      expect(err.message).to.include('try 2')
      expect((err.earlier as Error).message).to.include('try 1')
    }
    expect(runs).to.equal(2)
  })
})

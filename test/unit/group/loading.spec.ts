import { expect } from 'chai'
import { LoadError, PeerUnreachableError } from '../../../src/errors.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { ODD_THROWS, rejection } from '../../support/thrown.js'
import type { LoadContext } from '../../../src/index.js'

function fail (): never {
  throw new Error('no database')
}

describe('a loader', () => {
  it('that fails at the owner runs again at the caller by default: its value is the answer', async () => {
    const net = new GroupNetwork('b', 'a')
    const owner = net.node('b').group({ load: fail })
    const group = net.node('a').group()
    expect(await group.get('k')).to.equal('k from a')
    expect(owner.stats()).to.include({ loads: 1, loadErrors: 1 })
    expect(group.stats()).to.include({ loads: 1, loadErrors: 0, peerErrors: 1, items: 0 })
  })

  it('that fails at both says both why: the error here, the owner\'s as `earlier`', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group({ load: fail })
    const cause = new Error('no disk')
    const err = await rejection(net.node('a').group({ load: () => { throw cause } }).get('k'))
    expect(err).to.be.instanceOf(LoadError)
    expect(err).to.include({ key: 'k', group: 'g', cause, peerId: undefined })
    expect(err.earlier).to.be.instanceOf(LoadError)
    expect((err.earlier as LoadError).peerId).to.equal(net.node('b').peerId)
    expect(((err.earlier as LoadError).cause as Error).message).to.equal('no database')
  })

  it('that fails at the owner runs once with loadLocallyOnLoadError: false, and its error is the answer', async () => {
    const net = new GroupNetwork('c', 'b', 'a')
    const owner = net.node('c').group({ load: fail })
    for (const name of ['b', 'a']) net.node(name).group({ loadLocallyOnLoadError: false })
    const err = await rejection(net.node('a').handle.get('k'))
    expect(err).to.be.instanceOf(LoadError)
    expect(err).to.include({ key: 'k', group: 'g', peerId: net.node('c').peerId })
    expect(owner.stats().loads).to.equal(1)
    expect(net.requests).to.deep.equal(['a→c get k'])
    expect(net.node('a').cacheGroup?.stats().loads).to.equal(0)
  })

  it('may bring thenables, and thenables of thenables: one that never settles has its time, as a promise has', async () => {
    const net = new GroupNetwork('a')
    const thenable = (then: (resolve: (value: unknown) => void) => void): Promise<string> => ({ then }) as unknown as Promise<string>
    const group = net.node('a').group({
      loadTimeout: 100,
      load: key => thenable(resolve => { resolve(thenable(inner => { if (key === 'good') inner('value') })) })
    })
    expect(await group.get('good')).to.equal('value')
    const hanging = rejection(group.get('hangs'))
    await settled()
    await net.clock.advance(100)
    expect((await hanging).cause).to.include({ name: 'TimeoutError' })
  })

  it('that fails is not asked at the successor: it would fail there too', async () => {
    const net = new GroupNetwork('c', 'b', 'a')
    for (const name of ['c', 'b', 'a']) net.node(name).group({ load: fail })
    await rejection(net.node('a').handle.get('k'))
    expect(net.requests).to.deep.equal(['a→c get k'])
  })

  it('that fails after the owner could not be reached says so as `earlier`', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').isUp = false
    const err = await rejection(net.node('a').group({ load: fail }).get('k'))
    expect(err).to.be.instanceOf(LoadError)
    expect(err.earlier).to.be.instanceOf(PeerUnreachableError)
  })

  it('that fails is not remembered: the next get loads again', async () => {
    let runs = 0
    const group = new GroupNetwork('a').node('a').group({ load: () => { if (++runs === 1) fail(); else return 'v' } })
    await rejection(group.get('k'))
    expect(await group.get('k')).to.equal('v')
  })

  for (const [what, make] of ODD_THROWS) {
    for (const how of ['throws', 'rejects with'] as const) {
      it(`that ${how} ${what} fails with a LoadError whose cause is that, here and from afar`, async () => {
        const odd = make()
        const load = (): string => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is what is tested
          if (how === 'throws') throw odd; else return Promise.reject(odd) as unknown as string
        }
        const net = new GroupNetwork('b', 'a')
        const owner = net.node('b').group({ load })
        const here = await rejection(owner.get('k'))
        expect(here).to.be.instanceOf(LoadError)
        expect(here.cause).to.equal(odd)
        const afar = await rejection(net.node('a').group({ loadLocallyOnLoadError: false }).get('k'))
        expect(afar).to.be.instanceOf(LoadError)
        expect(net.clock.timers).to.equal(0)
      })
    }
  }

  it('that hangs fails at loadTimeout with a TimeoutError as cause; its signal aborts and the key is free again', async () => {
    const net = new GroupNetwork('a')
    const signals: AbortSignal[] = []
    const group = net.node('a').group({
      loadTimeout: 100,
      load: (_key: string, { signal }: LoadContext) => {
        signals.push(signal)
        return new Promise<string>(() => {})
      }
    })
    const failure = rejection(group.get('k'))
    await net.clock.advance(99)
    expect(signals[0]?.aborted).to.equal(false)
    await net.clock.advance(1)
    const err = await failure
    expect(err).to.be.instanceOf(LoadError)
    expect((err.cause as Error).name).to.equal('TimeoutError')
    expect(signals[0]?.aborted).to.equal(true)
    group.get('k').catch(() => {})
    await settled()
    expect(signals).to.have.length(2)
    await net.clock.advance(100)
  })

  it('is told by its signal that nobody waits any more; a value that comes after that is not kept', async () => {
    const { promise, resolve } = gate()
    let signal: AbortSignal | undefined
    const group = new GroupNetwork('a').node('a').group({
      load: (_key: string, context: LoadContext) => {
        signal = context.signal
        return promise
      }
    })
    const caller = new AbortController()
    const get = rejection(group.get('k', { signal: caller.signal }))
    await settled()
    caller.abort(new Error('mine'))
    expect((await get).message).to.equal('mine')
    expect(signal?.aborted).to.equal(true)
    resolve('late')
    await settled()
    expect(group.stats().items).to.equal(0)
  })

  it('is not run for nobody: who left while the former owner was asked wants no load', async () => {
    const net = new GroupNetwork('a', 'b')
    net.node('b').group()
    net.node('a').former = { id: 'b', since: net.clock.now() }
    const answer = Promise.withResolvers<void>()
    net.beforeAnswer = () => answer.promise
    const runs: string[] = []
    const group = net.node('a').group({
      // not async, so what it throws is thrown before anybody has its promise
      load: (key: string, { signal }: LoadContext) => {
        runs.push(key)
        signal.throwIfAborted()
        return 'v'
      }
    })
    const unhandled: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', err => { unhandled.push(err) })
    try {
      const caller = new AbortController()
      const get = rejection(group.get('k', { signal: caller.signal }))
      await settled()
      caller.abort()
      await get
      answer.resolve()
      await settled()
      await settled()
      expect(unhandled, 'unhandled rejections').to.deep.equal([])
      expect(runs).to.deep.equal([])
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  })

  it('leaves the others alone when one of its waiters leaves, by signal or by timeout', async () => {
    const net = new GroupNetwork('b', 'a')
    const { load, calls, resolve } = gate()
    net.node('b').group({ load })
    const group = net.node('a').group()
    const caller = new AbortController()
    const impatient = rejection(group.get('k', { timeout: 50 }))
    const aborting = rejection(group.get('k', { signal: caller.signal }))
    const patient = group.get('k')
    await net.clock.advance(50)
    expect((await impatient).name).to.equal('TimeoutError')
    caller.abort(new Error('mine'))
    expect((await aborting).message).to.equal('mine')
    resolve('v')
    expect(await patient).to.equal('v')
    expect(calls).to.have.length(1)
  })
})

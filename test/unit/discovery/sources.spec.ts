// Sources beside each other: what one of them does is nobody else's trouble.

import { expect } from 'chai'
import { multiaddr } from '@multiformats/multiaddr'
import { Sources } from '../../../src/discovery/sources.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import type { FakeContext } from '../../support/fake-context.js'
import type { Discovery, DiscoveryContext } from '../../../src/index.js'
import type { PeerId } from '@libp2p/interface'

const [A, B, C] = ['/ip4/10.0.0.7/tcp/1', '/ip4/10.0.0.8/tcp/1', '/ip4/10.0.0.9/tcp/1'] as const

interface Setup extends FakeContext {
  clock: FakeClock
  sources: Sources
  /** Lists that became the peers, and ids to keep, in manual mode. */
  sets: Array<{ peers: string[], keep: string[] }>
}

function setUp (discovery: unknown[], { isManual = false, replace = () => {}, connect: answer }: { isManual?: boolean, replace?: () => void | Promise<void>, connect?: () => void | Promise<void> } = {}): Setup {
  const clock = new FakeClock()
  const fake = fakeContext(answer)
  const sets: Setup['sets'] = []
  const sources = new Sources({
    discovery: discovery as Discovery[],
    context: fake.context,
    finds: {
      isManual,
      connect: (peer, options) => fake.context.connect(peer, options),
      isSettled: peer => fake.context.connected(peer),
      whose: () => undefined,
      replace: async (peers, keep) => {
        sets.push({ peers: peers.map(String), keep: [...keep] })
        await replace()
      }
    },
    clock,
    random: () => 0.5
  })
  return { ...fake, clock, sources, sets }
}

/** A source that keeps what it was handed. */
function idle (): { discovery: Discovery, context: () => DiscoveryContext, started: () => number, stopped: () => number } {
  let [started, stopped] = [0, 0]
  let handed: DiscoveryContext | undefined
  return {
    discovery: context => {
      handed = context
      return { start () { started++ }, stop () { stopped++ } }
    },
    context: () => handed as DiscoveryContext,
    started: () => started,
    stopped: () => stopped
  }
}

describe('the sources of a node', () => {
  const quiet = { start () {}, stop () {} }
  const failing: Array<[string, unknown]> = [
    ['throws when it is made', () => { throw new Error('no') }],
    ['throws undefined when it is made', () => { throw undefined }], // eslint-disable-line @typescript-eslint/only-throw-error
    ['is nothing', () => undefined],
    ['is null', () => null],
    ['is a number', () => 5],
    ['is a promise', () => Promise.resolve(quiet)],
    ['has no start', () => ({ stop () {} })],
    ['has no stop', () => ({ start () {} })],
    ['throws in start', () => ({ ...quiet, start () { throw new Error('no') } })],
    ['rejects in start', () => ({ ...quiet, start: () => Promise.reject(new Error('no')) })]
  ]
  for (const [what, discovery] of failing) {
    it(`start and stop, one of which ${what}: that is logged once`, async () => {
      const [before, after] = [idle(), idle()]
      const { sources, log, clock } = setUp([before.discovery, discovery, after.discovery])
      await sources.start()
      expect([before.started(), after.started(), log.errors.length]).to.deep.equal([1, 1, 1])
      expect(log.errors[0]).to.include('source 2 of 3 could not be started')
      await sources.stop()
      expect([before.stopped(), after.stopped(), log.errors.length, clock.timers]).to.deep.equal([1, 1, 1, 0])
    })
  }

  it('are waited for a second at most, at the start and at the stop', async () => {
    for (const part of ['start', 'stop'] as const) {
      const other = idle()
      const { sources, clock, log } = setUp([() => ({ ...quiet, [part]: () => new Promise(() => {}) }), other.discovery])
      let isDone = false
      const working = (async () => {
        await sources.start()
        await sources.stop()
        isDone = true
      })()
      await clock.advance(999)
      expect(isDone).to.equal(false)
      await clock.advance(1)
      await working
      expect([other.started(), other.stopped(), log.errors.length, clock.timers]).to.deep.equal([1, 1, 1, 0])
      expect(log.errors[0]).to.include(`takes long to ${part}`)
    }
  })

  it('are waited for while they start: who is at once there when the node is', async () => {
    const start = Promise.withResolvers<void>()
    const { sources } = setUp([() => ({ ...quiet, start: () => start.promise })])
    let isDone = false
    const starting = sources.start().then(() => { isDone = true })
    await settled()
    expect(isDone).to.equal(false)
    start.resolve()
    await starting
  })

  it('stop, one of which throws or rejects', async () => {
    for (const stop of [() => { throw new Error('stuck') }, () => Promise.reject(new Error('stuck'))]) {
      const other = idle()
      const { sources, log } = setUp([() => ({ ...quiet, stop }), other.discovery])
      await sources.start()
      await sources.stop()
      expect([other.stopped(), log.errors.length]).to.deep.equal([1, 1])
    }
  })

  it('that fail to start are stopped all the same: a socket may be open', async () => {
    let stopped = 0
    const { sources } = setUp([() => ({ start () { throw new Error('no') }, stop () { stopped++ } })])
    await sources.start()
    await sources.stop()
    expect(stopped).to.equal(1)
  })

  it('are made anew by each start', async () => {
    const source = idle()
    const { sources } = setUp([source.discovery])
    for (let i = 0; i < 2; i++) {
      await sources.start()
      await sources.stop()
    }
    expect([source.started(), source.stopped()]).to.deep.equal([2, 2])
  })

  it('may leave a failed connect alone', async () => {
    const source = idle()
    const unhandled: unknown[] = []
    const onUnhandled = (err: unknown): void => { unhandled.push(err) }
    const { sources } = setUp([source.discovery], { connect: () => { throw new Error('away') } })
    process.on('unhandledRejection', onUnhandled)
    try {
      await sources.start()
      void source.context().connect(A)
      await settled()
      await settled()
    } finally {
      process.off('unhandledRejection', onUnhandled)
    }
    expect(unhandled).to.deep.equal([])
  })

  describe('with gossip', () => {
    it('have what they list dialled, each list by itself', async () => {
      const [one, two] = [idle(), idle()]
      const { sources, dialled } = setUp([one.discovery, two.discovery])
      await sources.start()
      await one.context().replace([A])
      await two.context().replace([multiaddr(B)])
      await settled()
      expect(dialled).to.have.members([A, B])
      await sources.stop()
      await one.context().replace([C])
      await settled()
      expect(dialled).to.have.length(2)
    })

    it('have the good addresses of a list dialled, and what is wrong said once', async () => {
      const source = idle()
      const { sources, dialled, log } = setUp([source.discovery])
      await sources.start()
      for (let i = 0; i < 3; i++) await source.context().replace(['nonsense', null as never, A, '', 5 as never, B])
      await settled()
      expect(dialled).to.have.members([A, B])
      expect(log.errors).to.have.length(1)
    })

    it('have a thousand addresses of huge lists dialled each, sixteen at a time in all', async () => {
      const [one, two] = [idle(), idle()]
      let [underWay, most] = [0, 0]
      const { sources, dialled, log } = setUp([one.discovery, two.discovery], {
        connect: async () => {
          most = Math.max(most, ++underWay)
          await settled()
          underWay--
        }
      })
      await sources.start()
      const huge = (net: number): string[] => Array.from({ length: 5_000 }, (_, i) => `/ip4/10.${net}.${i >> 8}.${i & 255}/tcp/1`)
      await one.context().replace(huge(1))
      await two.context().replace(huge(2))
      while (dialled.length < 2_000) await settled()
      await settled()
      expect([dialled.length, most, log.errors.length]).to.deep.equal([2_000, 16, 2])
    })

    it('are told of a list that is none', async () => {
      const source = idle()
      const { sources } = setUp([source.discovery])
      await sources.start()
      for (const wrong of [undefined, null, 5, A, {}]) {
        const failure = await source.context().replace(wrong as string[]).then(() => undefined, (err: unknown) => err)
        expect(failure).to.be.instanceOf(TypeError)
      }
    })
  })

  describe('in manual mode', () => {
    it('make the peers together: the list of one does not undo that of another', async () => {
      const [one, two] = [idle(), idle()]
      const { sources, sets } = setUp([one.discovery, two.discovery], { isManual: true })
      await sources.start()
      await one.context().replace([A, B])
      await two.context().replace([C])
      await one.context().replace([A])
      expect(sets.map(({ peers }) => peers)).to.deep.equal([[A, B], [A, B, C], [A, C]])
    })

    it('keep whom another source has connected to', async () => {
      const [list, seed] = [idle(), idle()]
      const { sources, sets, peers } = setUp([list.discovery, seed.discovery], { isManual: true })
      await sources.start()
      await seed.context().connect(B)
      await list.context().replace([A])
      expect(sets).to.deep.equal([{ peers: [A], keep: [(peers[0] as PeerId).toString()] }])
    })

    it('keep who is known when a list is empty, or nothing in it can be read', async () => {
      const source = idle()
      const { sources, sets, log } = setUp([source.discovery], { isManual: true })
      await sources.start()
      await source.context().replace([A, B])
      for (const list of [[], ['nonsense'], [null as never, 7 as never]]) await source.context().replace(list)
      expect(sets).to.have.length(1)
      expect(log.errors.length).to.be.within(2, 3)
    })

    it('keep who is known when a part of a list cannot be read', async () => {
      const source = idle()
      const { sources, sets } = setUp([source.discovery], { isManual: true })
      await sources.start()
      await source.context().replace([A, B])
      await source.context().replace(['nonsense', C])
      await source.context().replace([C])
      expect(sets.map(({ peers }) => peers)).to.deep.equal([[A, B], [C, A, B], [C]])
    })

    it('are heard one after the other, and the last one with all that is known by then', async () => {
      const [one, two] = [idle(), idle()]
      const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      let calls = 0
      const { sources, sets } = setUp([one.discovery, two.discovery], { isManual: true, replace: async () => { await gates[calls++]?.promise } })
      await sources.start()
      const all = [one.context().replace([A]), two.context().replace([B]), one.context().replace([C])]
      await settled()
      expect(sets).to.have.length(1)
      gates[0]?.resolve()
      await settled()
      expect(sets.map(({ peers }) => peers)).to.deep.equal([[A], [C, B]])
      gates[1]?.resolve()
      await Promise.all(all)
    })

    it('go on when a peer cannot be reached: it is said once, and again when it is over', async () => {
      const source = idle()
      let isAway = true
      const { sources, log } = setUp([source.discovery], { isManual: true, replace: () => { if (isAway) throw new AggregateError([new Error('refused')], '1 of 2 peers could not be added') } })
      await sources.start()
      for (let i = 0; i < 3; i++) await source.context().replace([A, B])
      expect([log.errors.length, log.lines.length]).to.deep.equal([1, 0])
      isAway = false
      await source.context().replace([A, B])
      expect([log.errors.length, log.lines.length]).to.deep.equal([1, 1])
    })
  })
})

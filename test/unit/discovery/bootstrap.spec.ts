import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { bootstrap } from '../../../src/discovery/bootstrap.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import { SEEDS, seeded } from '../../support/seeds.js'
import type { PeerId } from '@libp2p/interface'

const SEED = '/ip4/10.0.0.7/tcp/4001'

describe('bootstrap()', () => {
  it('refuses options that there are not', () => {
    for (const wrong of [null, 5, { interval: 1_000 }]) expect(() => bootstrap([SEED], wrong as never)).to.throw(InvalidParametersError, 'bootstrap options: expected')
  })

  const start = (connect?: (address: string) => void | Promise<void>, addresses = [SEED]): ReturnType<typeof fakeContext> & { clock: FakeClock, source: ReturnType<ReturnType<typeof bootstrap>> } => {
    const clock = new FakeClock()
    const fake = fakeContext(connect)
    const source = bootstrap(addresses, { clock, random: () => 1 })(fake.context)
    void source.start()
    return { ...fake, clock, source }
  }

  it('dials every seed at once', async () => {
    const { dialled } = start(undefined, [SEED, '/dns4/cache-0.internal/tcp/4001'])
    await settled()
    expect(dialled).to.deep.equal([SEED, '/dns4/cache-0.internal/tcp/4001'])
  })

  it('redials a seed that is away for ever, at most ten seconds apart', async () => {
    const { dialled, clock } = start(() => { throw new Error('away') })
    await clock.advance(250 + 500 + 1_000)
    expect(dialled).to.have.length(4)
    await clock.advance(3_600_000)
    expect(dialled.length).to.be.within(360, 370)
  })

  for (const seed of SEEDS) {
    it(`redials with pauses from half the cap to the cap, a different one each time (seed ${seed})`, async () => {
      const clock = new FakeClock()
      const times: number[] = []
      const { context } = fakeContext(() => {
        times.push(clock.now())
        throw new Error('away')
      })
      const source = bootstrap([SEED], { clock, random: seeded(seed) })(context)
      void source.start()
      await clock.advance(600_000)
      const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
      pauses.forEach((pause, i) => { expect(pause).to.be.within(Math.min(10_000, 250 * 2 ** i) / 2, Math.min(10_000, 250 * 2 ** i)) })
      expect(new Set(pauses.slice(6)).size).to.equal(pauses.length - 6)
      expect(pauses.length).to.be.greaterThan(50)
      await source.stop()
    })
  }

  it('takes up the peer that is at the address of a seed now', async () => {
    const clock = new FakeClock()
    const { context, peers, dialled } = fakeContext()
    const there = new Set<string>()
    let next = 0
    context.connect = async address => {
      dialled.push(address.toString())
      const peer = peers[next] as PeerId
      there.add(peer.toString())
      return peer
    }
    context.connected = peer => there.has(peer.toString())
    void bootstrap([SEED], { clock, random: () => 1 })(context).start()
    await clock.advance(10_000)
    expect(dialled).to.have.length(1)
    there.clear()
    next = 1
    await clock.advance(1_000)
    expect([...there]).to.deep.equal([peers[1]?.toString()])
    await clock.advance(10_000)
    expect(dialled).to.have.length(2)
  })

  it('looks again at a name that led to this node, which it says once: there may be another one behind it next time', async () => {
    let isOwn = true
    const { dialled, clock, log } = start(() => { if (isOwn) throw new InvalidParametersError('own') }, ['/dns4/cache/tcp/4001'])
    await clock.advance(60_000)
    expect(dialled.length).to.be.within(8, 15)
    isOwn = false
    await clock.advance(10_000)
    const count = dialled.length
    await clock.advance(60_000)
    expect(dialled).to.have.length(count)
    expect(log.errors).to.have.lengthOf(0)
    expect(log.lines).to.have.lengthOf(1)
    expect(log.lines[0]).to.match(/leads to this node itself/)
  })

  it('says that its list is empty, or that an address is its own', async () => {
    expect(start(undefined, []).log.lines.join()).to.match(/list of seeds is empty/)
    const own = start(() => { throw new InvalidParametersError('own') }, ['/ip4/10.0.0.1/tcp/1'])
    await own.clock.advance(60_000)
    expect([own.dialled.length, own.log.lines.length]).to.deep.equal([1, 1])
    expect(own.log.lines[0]).to.match(/leads to this node itself/)
  })

  it('dials a seed once that is listed twice, sixteen at a time, and of a huge list the first thousand', async () => {
    const many = Array.from({ length: 1_500 }, (_, i) => `/ip4/10.0.${i >> 8}.${i & 255}/tcp/1`)
    let underWay = 0
    let most = 0
    const { dialled, log } = start(async () => {
      most = Math.max(most, ++underWay)
      await settled()
      underWay--
    }, [...many, ...many])
    while (dialled.length < 1_000) await settled()
    await settled()
    expect([dialled.length, most, log.errors.length]).to.deep.equal([1_000, 16, 1])
    expect(dialled).to.deep.equal(many.slice(0, 1_000))
  })

  it('looks after a connected seed without dialling it, and dials again when it is lost', async () => {
    const { dialled, clock, connected } = start()
    await clock.advance(60_000)
    expect(dialled).to.have.length(1)
    connected.is = false
    await clock.advance(1_000)
    expect(dialled).to.have.length(2)
  })

  it('begins with short pauses again after a success', async () => {
    let isAway = true
    const { dialled, clock, connected } = start(() => { if (isAway) throw new Error('away') })
    await clock.advance(60_000)
    isAway = false
    await clock.advance(10_000)
    isAway = true
    connected.is = false
    dialled.length = 0
    while (dialled.length === 0) await clock.advance(10)
    await clock.advance(250)
    expect(dialled).to.have.length(2)
  })

  it('leaves its own address among the seeds alone, and dials the others', async () => {
    const { dialled, clock } = start(address => { if (address === SEED) throw new InvalidParametersError('own'); else throw new Error('away') }, [SEED, '/ip4/10.0.0.8/tcp/1'])
    await clock.advance(10_000)
    expect(dialled.filter(address => address === SEED)).to.have.length(1)
    expect(dialled.length).to.be.greaterThan(4)
  })

  it('ends with stop: no timer, the dial under way is aborted, no other begins', async () => {
    for (const isDialling of [true, false]) {
      const { dialled, clock, source, signals } = start(() => isDialling ? new Promise(() => {}) : undefined)
      await settled()
      await source.stop()
      expect(clock.timers).to.equal(0)
      expect(signals[0]?.aborted).to.equal(true)
      await clock.advance(60_000)
      expect(dialled).to.have.length(1)
    }
  })

  it('ends with stop also when the dial under way ends after it', async () => {
    for (const isWell of [true, false]) {
      const dial = Promise.withResolvers<void>()
      const { clock, source } = start(() => dial.promise)
      await settled()
      await source.stop()
      if (isWell) dial.resolve()
      else dial.reject(new Error('aborted'))
      await settled()
      expect(clock.timers).to.equal(0)
    }
  })

  for (const wrong of ['nonsense', '', 5, null, {}, '10.0.0.7:4001']) {
    it(`refuses the address ${JSON.stringify(wrong)} where it is written`, () => {
      expect(() => bootstrap([wrong as string])).to.throw(InvalidParametersError, /expected a multiaddr such as .+, got /)
    })
  }

  it('refuses what is no array', () => {
    for (const wrong of [SEED, undefined, null, {}, new Set([SEED])]) expect(() => bootstrap(wrong as string[])).to.throw(InvalidParametersError, /expected an array of multiaddrs, got /)
  })
})

import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import * as fc from 'fast-check'
import { backoff } from '../../../src/discovery/backoff.js'
import { bootstrap } from '../../../src/discovery/bootstrap.js'
import { host } from '../../../src/discovery/host.js'
import { mdns } from '../../../src/discovery/mdns.js'
import { pull } from '../../../src/discovery/pull.js'
import { serviceTag } from '../../../src/discovery/service-tag.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import type { PullFunction } from '../../../src/discovery/pull.js'

const SEED = '/ip4/10.0.0.7/tcp/4001'

describe('the pause before another attempt', () => {
  it('lies between half the cap and the cap, which doubles up to the limit', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (failures, random) => {
      const cap = Math.min(10_000, 250 * 2 ** (failures - 1))
      expect(backoff(failures, () => random)).to.be.within(cap / 2, cap)
    }))
    expect([1, 2, 3, 6, 7, 500].map(failures => backoff(failures, () => 1))).to.deep.equal([250, 500, 1_000, 8_000, 10_000, 10_000])
    expect(backoff(3, () => 0, { first: 10, max: 30 })).to.equal(15)
  })
})

describe('bootstrap()', () => {
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

describe('pull()', () => {
  const start = (fn: PullFunction): ReturnType<typeof fakeContext> & { clock: FakeClock, source: ReturnType<ReturnType<typeof pull>> } => {
    const clock = new FakeClock()
    const fake = fakeContext()
    const source = pull(fn, { clock, interval: 1_000 })(fake.context)
    void source.start()
    return { ...fake, clock, source }
  }

  it('calls its function at once and then at every interval, and hands the list on', async () => {
    let calls = 0
    const { replaced, clock } = start(async () => [SEED, `/ip4/10.0.0.8/tcp/${++calls}`])
    await clock.advance(0)
    expect(replaced).to.deep.equal([[SEED, '/ip4/10.0.0.8/tcp/1']])
    await clock.advance(5_000)
    expect(calls).to.equal(6)
    expect(replaced).to.have.length(6)
  })

  it('takes any iterable', async () => {
    const { replaced, clock } = start(function * () { yield SEED })
    await clock.advance(0)
    expect(replaced).to.deep.equal([[SEED]])
  })

  const bad: Array<[string, PullFunction]> = [
    ['throws', () => { throw new Error('no registry') }],
    ['rejects', () => Promise.reject(new Error('no registry'))],
    ['rejects with undefined', () => Promise.reject()], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors
    ['returns undefined', () => undefined as unknown as string[]],
    ['returns null', () => null as unknown as string[]],
    ['returns a string', () => SEED],
    ['returns a number', () => 5 as unknown as string[]],
    ['returns an object', () => ({}) as unknown as string[]],
    ['returns an empty list', () => []],
    ['returns what throws when it is read', () => ({ [Symbol.iterator] () { throw new Error('no') } })]
  ]
  for (const [what, fn] of bad) {
    it(`keeps what is known, says so, and calls again, when its function ${what}`, async () => {
      let calls = 0
      const { replaced, clock, log } = start(options => {
        calls++
        return fn(options)
      })
      await clock.advance(3_000)
      expect([calls, replaced]).to.deep.equal([4, []])
      expect([...log.errors, ...log.lines]).to.have.length(4)
    })
  }

  it('does not call a function that has not answered yet once more', async () => {
    let calls = 0
    const { clock } = start(() => {
      calls++
      return new Promise(() => {})
    })
    await clock.advance(10_000)
    expect(calls).to.equal(1)
  })

  it('ends with stop: no timer, the signal aborts, and a late answer is not used', async () => {
    const answer = Promise.withResolvers<string[]>()
    let signal: AbortSignal | undefined
    const { replaced, clock, source } = start(options => {
      signal = options.signal
      return answer.promise
    })
    await settled()
    await source.stop()
    answer.resolve([SEED])
    await clock.advance(10_000)
    expect([signal?.aborted, replaced, clock.timers]).to.deep.equal([true, [], 0])
  })

  it('refuses what is no function, and wrong options', () => {
    for (const wrong of [undefined, null, [SEED], 'x']) expect(() => pull(wrong as unknown as PullFunction)).to.throw(InvalidParametersError, /^pull: expected a function, got /)
    expect(() => pull(() => [], { interval: 0 })).to.throw(InvalidParametersError, /^pull interval: .+, got 0$/)
    expect(() => pull(() => [], { every: 5 } as never)).to.throw(InvalidParametersError, /pull options: .+interval.+, got "every"/)
  })
})

describe('the name that nodes look for each other under', () => {
  it('is a valid DNS name, its own for each cluster, and always the same', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      for (const label of serviceTag(a).split('.')) expect(label).to.match(/^_?[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/)
      expect(serviceTag(a).endsWith('._udp.local')).to.equal(true)
      expect(serviceTag(a) === serviceTag(b)).to.equal(a === b)
    }))
    expect(serviceTag('default')).to.equal('_groupcache-37a8eec1ce19687d._udp.local')
  })
})

describe('mdns() and host()', () => {
  it('refuse wrong options', () => {
    for (const [source, name] of [[mdns, 'mdns'], [host, 'host']] as const) {
      for (const wrong of [0, -1, NaN, Infinity, '5', null, 2 ** 31]) {
        expect(() => source({ interval: wrong as number })).to.throw(InvalidParametersError, new RegExp(`^${name} interval: expected a number from 1 to \\d+, got `))
      }
      expect(() => source({ port: 5 } as never)).to.throw(InvalidParametersError, new RegExp(`^${name} options: .+, got "port"`))
      expect(() => source(5 as never)).to.throw(InvalidParametersError, /expected an object, got 5/)
    }
  })
})

import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { pull } from '../../../src/discovery/pull.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import type { PullFunction } from '../../../src/discovery/pull.js'

const SEED = '/ip4/10.0.0.7/tcp/4001'

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
    it(`keeps what is known, says so once, and calls again, when its function ${what}`, async () => {
      let calls = 0
      const { replaced, clock, log } = start(options => {
        calls++
        return fn(options)
      })
      await clock.advance(3_000)
      expect([calls, replaced]).to.deep.equal([4, []])
      expect([log.errors, log.lines].map(({ length }) => length)).to.deep.equal([1, 0])
    })
  }

  it('hands on what is known when its function fails, so that who got lost is found again, and says when that is over', async () => {
    const answers: PullFunction[] = [() => [SEED], () => { throw new Error('no registry') }, () => [], () => { throw new Error('no registry') }, () => ['/ip4/10.0.0.9/tcp/1']]
    const { replaced, clock, log } = start(options => (answers.shift() as PullFunction)(options))
    await clock.advance(4_000)
    expect(replaced).to.deep.equal([[SEED], [SEED], [SEED], [SEED], ['/ip4/10.0.0.9/tcp/1']])
    expect([log.errors.length, log.lines.length]).to.deep.equal([3, 1])
    expect(log.lines[0]).to.include('pull').and.to.include('answers again')
  })

  it('hands on the good addresses of a list that has others, with those known before, and says so once', async () => {
    const answers = [[SEED, '/ip4/10.0.0.8/tcp/1'], ['nonsense', null, 5, SEED, {}], ['nonsense', SEED], [SEED]]
    const { replaced, clock, log } = start(() => answers.shift() as string[])
    await clock.advance(3_000)
    expect(replaced).to.deep.equal([[SEED, '/ip4/10.0.0.8/tcp/1'], [SEED, '/ip4/10.0.0.8/tcp/1'], [SEED, '/ip4/10.0.0.8/tcp/1'], [SEED]])
    expect(log.errors).to.have.length(1)
    expect(log.errors[0]).to.include('"nonsense"')
  })

  it('reads no more than a thousand addresses, of an endless list as well', async () => {
    const { replaced, clock, log } = start(function * () { for (let port = 1; ; port = port % 65_535 + 1) yield `/ip4/10.0.0.8/tcp/${port}` })
    await clock.advance(1_000)
    expect(replaced.map(({ length }) => length)).to.deep.equal([1_000, 1_000])
    expect(log.errors).to.have.length(1)
    expect(log.errors[0]).to.include('first 1000 addresses')
  })

  it('goes on when what it found could not be used', async () => {
    const { context, clock } = start(() => [SEED])
    let calls = 0
    context.replace = async () => {
      calls++
      throw new Error('the node is stopping')
    }
    await clock.advance(3_000)
    expect(calls).to.be.greaterThan(2)
  })

  it('gives up a call after thirty seconds: its signal aborts, and the next one is made', async () => {
    const signals: AbortSignal[] = []
    const { replaced, clock, log } = start(({ signal }) => {
      signals.push(signal)
      return signals.length === 1 ? new Promise(() => {}) : [SEED]
    })
    await clock.advance(30_000)
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true])
    expect(log.errors[0]).to.include('30000 ms')
    await clock.advance(1_000)
    expect(replaced).to.deep.equal([[SEED]])
    expect(signals[1]?.aborted).to.equal(false)
  })

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

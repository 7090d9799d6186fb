import { expect } from 'chai'
import * as fc from 'fast-check'
import { Cancellation } from '../../../src/flight/abortable.js'
import { Flights } from '../../../src/flight/flights.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { ODD_THROWS, rejection } from '../../support/thrown.js'
import type { Flight, Listener } from '../../../src/flight/flight.js'

function start (key = 'k'): PromiseWithResolvers<string> & { clock: FakeClock, flights: Flights<string>, flight: Flight<string> } {
  const clock = new FakeClock()
  const resolvers = Promise.withResolvers<string>()
  const flights = new Flights<string>(clock)
  const flight = flights.start(key, () => resolvers.promise)
  return { ...resolvers, clock, flights, flight }
}

/** Tells as a signal when a flight is aborted. */
function signalOf (flight: Flight<string>): AbortSignal {
  const controller = new AbortController()
  flight.whenAborted(reason => { controller.abort(reason) })
  return controller.signal
}

/** Promises whose rejections are looked at later. */
function kept<T> (...promises: Array<Promise<T>>): Array<Promise<T>> {
  for (const promise of promises) promise.catch(() => {})
  return promises
}

const outcomes = async (waits: ReadonlyArray<Promise<unknown>>): Promise<unknown[]> =>
  (await Promise.allSettled(waits)).map(result => result.status === 'fulfilled' ? result.value : (result.reason as Error).name)

describe('a flight', () => {
  it('gives all who wait the one result, and is over then', async () => {
    const { flights, flight, resolve } = start()
    const waits = Array.from({ length: 100 }, () => (flights.get('k') as Flight<string>).wait())
    expect(flights.size).to.equal(1)
    resolve('v')
    expect(new Set(await Promise.all(waits))).to.deep.equal(new Set(['v']))
    await settled()
    expect([flights.get('k'), flights.size]).to.deep.equal([undefined, 0])
    expect(await flight.wait()).to.equal('v')
  })

  it('of one key knows nothing of another\'s', async () => {
    const { flights, resolve } = start('a')
    const other = flights.start('b', () => Promise.resolve('of b'))
    expect(await other.wait()).to.equal('of b')
    expect(flights.get('a')).to.not.equal(undefined)
    resolve('of a')
  })

  for (const [what, make] of ODD_THROWS) {
    it(`that fails with ${what} rejects all who wait with just that`, async () => {
      const { flights, flight, reject } = start()
      const waits = [flight.wait(), flight.wait({ timeout: 5 })]
      const odd = make()
      reject(odd)
      const results = await Promise.allSettled(waits)
      for (const result of results) expect(result.status === 'rejected' && Object.is(result.reason, odd)).to.equal(true)
      expect(flights.size).to.equal(0)
    })
  }

  it('that nobody waits for may fail without an unhandled rejection', async () => {
    const { reject } = start()
    const unhandled: unknown[] = []
    const listener = (err: unknown): void => { unhandled.push(err) }
    process.once('unhandledRejection', listener)
    reject(new Error('nobody cares'))
    await settled()
    await settled()
    process.removeListener('unhandledRejection', listener)
    expect(unhandled).to.deep.equal([])
  })

  it('is left by a waiter whose signal aborts, with its reason; the others and the signal of the load are not touched', async () => {
    const { flight, resolve, clock } = start()
    const caller = new AbortController()
    const leaving = rejection(flight.wait({ signal: caller.signal }))
    const staying = [flight.wait(), flight.wait({ timeout: 1_000 }), flight.wait({ signal: new AbortController().signal })]
    const reason = new Error('mine')
    caller.abort(reason)
    expect(await leaving).to.equal(reason)
    expect(signalOf(flight).aborted).to.equal(false)
    resolve('v')
    expect(await Promise.all(staying)).to.deep.equal(['v', 'v', 'v'])
    expect(clock.timers).to.equal(0)
  })

  it('is left by a waiter at its timeout, and not before', async () => {
    const { flight, resolve, clock } = start()
    const impatient = rejection(flight.wait({ timeout: 100 }))
    const staying = flight.wait()
    await clock.advance(99)
    expect(clock.timers).to.equal(1)
    await clock.advance(1)
    const err = await impatient
    expect([err.name, err.message]).to.deep.equal(['TimeoutError', 'no value within 100 ms'])
    resolve('v')
    expect(await staying).to.equal('v')
    expect(signalOf(flight).aborted).to.equal(false)
  })

  it('ends when its last waiter has left: the signal of the load aborts, and the key is free', async () => {
    const { flights, flight, clock, resolve } = start()
    const signal = signalOf(flight)
    const caller = new AbortController()
    const waits = kept(flight.wait({ timeout: 10 }), flight.wait({ signal: caller.signal }), flight.wait({ signal: caller.signal, timeout: 500 }))
    await clock.advance(10)
    expect(signal.aborted).to.equal(false)
    caller.abort('not an error')
    expect(await outcomes(waits)).to.deep.equal(['TimeoutError', 'AbortError', 'AbortError'])
    expect(signal.aborted).to.equal(true)
    expect((signal.reason as Error).name).to.equal('AbortError')
    expect(() => { flight.throwIfAborted() }).to.throw('nobody waits')
    expect([flights.get('k'), flights.size, clock.timers]).to.deep.equal([undefined, 0, 0])
    const second = flights.start('k', () => Promise.resolve('second'))
    resolve('late')
    expect(await second.wait()).to.equal('second')
  })

  it('tells who asks for its signal only after the end that it is aborted', async () => {
    const { flight, clock } = start()
    const wait = rejection(flight.wait({ timeout: 1 }))
    await clock.advance(1)
    await wait
    expect(signalOf(flight).aborted).to.equal(true)
  })

  it('is left once by a waiter whose time runs out and whose signal aborts in the same tick', async () => {
    const { flight, clock, resolve } = start()
    const caller = new AbortController()
    const leaving = rejection(flight.wait({ signal: caller.signal, timeout: 10 }))
    const staying = flight.wait({ timeout: 1_000 })
    clock.jump(10)
    caller.abort()
    expect((await leaving).name).to.equal('TimeoutError')
    expect(signalOf(flight).aborted).to.equal(false)
    resolve('v')
    expect(await staying).to.equal('v')
  })

  it('is left at once by a waiter whose signal was aborted before', async () => {
    const { flight, resolve } = start()
    const staying = flight.wait()
    expect((await rejection(flight.wait({ signal: AbortSignal.abort(new Error('before')) }))).message).to.equal('before')
    resolve('v')
    expect(await staying).to.equal('v')
  })

  it('touches only who leaves, in any order of comings, leavings and time', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('wait' as const), timeout: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }) }),
      fc.record({ kind: fc.constant('abort' as const), who: fc.nat({ max: 9 }) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30 }) }))
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), async steps => {
      const { flight, flights, clock, resolve } = start()
      const waiters: Array<{ controller: AbortController, wait: Promise<unknown>, until: number, expected?: string }> = []
      const left = (): number => waiters.filter(({ expected }) => expected !== undefined).length
      let isOver = false
      for (const one of steps) {
        if (isOver) break
        if (one.kind === 'wait') {
          const controller = new AbortController()
          const wait = flight.wait({ signal: controller.signal, ...(one.timeout === undefined ? {} : { timeout: one.timeout }) })
          wait.catch(() => {})
          waiters.push({ controller, wait, until: clock.now() + (one.timeout ?? Infinity) })
        } else if (one.kind === 'abort') {
          const waiter = waiters[one.who]
          if (waiter !== undefined) {
            waiter.expected ??= 'mine'
            waiter.controller.abort(Object.assign(new Error(), { name: 'mine' }))
          }
        } else {
          await clock.advance(one.ms)
          for (const waiter of waiters) if (waiter.until <= clock.now()) waiter.expected ??= 'TimeoutError'
        }
        isOver = waiters.length > 0 && left() === waiters.length
        expect(flights.get('k') === undefined).to.equal(isOver)
      }
      resolve('v')
      expect(await outcomes(waiters.map(({ wait }) => wait))).to.deep.equal(waiters.map(({ expected }) => expected ?? 'v'))
      expect([signalOf(flight).aborted, clock.timers]).to.deep.equal([isOver, 0])
    }), { numRuns: 200 })
  })

  it('that is detached answers its waiters, is joined by nobody, and says so', async () => {
    const { flights, flight, resolve } = start()
    const before = flight.wait()
    flights.detach('k')
    expect([flight.detached, flights.get('k'), flights.size]).to.deep.equal([true, undefined, 1])
    const next = flights.start('k', () => Promise.resolve('new'))
    resolve('old')
    expect(await before).to.equal('old')
    expect([await next.wait(), next.detached]).to.deep.equal(['new', false])
    flights.detach('nothing')
  })

  it('that ends does not take a later one of its key off', async () => {
    const { flights, flight, resolve } = start()
    flights.detach('k')
    const later = flights.start('k', () => new Promise(() => {}))
    resolve('old')
    await flight.wait()
    await settled()
    expect(flights.get('k')).to.equal(later)
  })

  it('is ended with all others by abort, the detached ones included', async () => {
    const { flights, flight, clock } = start()
    const other = flights.start('other', () => new Promise(() => {}))
    const waits = [flight.wait(), flight.wait({ timeout: 50 }), other.wait()]
    const signal = signalOf(flight)
    flights.detach('k')
    flights.abort(Object.assign(new Error('stopped'), { name: 'Stopped' }))
    expect(await outcomes(waits)).to.deep.equal(['Stopped', 'Stopped', 'Stopped'])
    expect([signal.aborted, signalOf(other).aborted, flights.size, clock.timers]).to.deep.equal([true, true, 0, 0])
  })

  it('can be found by its own run, which may start others', async () => {
    const flights = new Flights<string>(new FakeClock())
    const flight = flights.start('k', async self => {
      expect(flights.get('k')).to.equal(self)
      return (await flights.start('inner', () => Promise.resolve('inner')).wait()) + ' and outer'
    })
    expect(await flight.wait()).to.equal('inner and outer')
  })
})

describe('a flight whose tag is removed', () => {
  it('cannot be joined; whether its result may be kept depends on the tags that it turns out to have', () => {
    const { flights, flight } = start()
    flights.detachTagged('x')
    expect([flights.get('k'), flight.detached, flights.keys(), flights.size]).to.deep.equal([undefined, false, ['k'], 1])
    expect([flight.mayKeep([]), flight.mayKeep(['y']), flight.mayKeep(['y', 'x'])]).to.deep.equal([true, true, false])
    flights.detachTagged('y')
    expect([flight.mayKeep([]), flight.mayKeep(['y'])]).to.deep.equal([true, false])
  })

  it('is detached by the next one of its key, by a removal of its key, and of everything', () => {
    for (const work of [(flights: Flights<string>) => flights.start('k', () => new Promise(() => {})), (flights: Flights<string>) => { flights.detach('k') }, (flights: Flights<string>) => { flights.detachAll() }]) {
      const { flights, flight } = start()
      flights.detachTagged('x')
      work(flights)
      expect([flight.detached, flight.mayKeep([])]).to.deep.equal([true, false])
    }
  })

  it('leaves nothing when it ends', async () => {
    const { flights, flight, resolve } = start()
    flights.detachTagged('x')
    resolve('v')
    await flight.wait()
    await settled()
    expect([flights.keys(), flights.size]).to.deep.equal([[], 0])
  })

  it('is not untouched any more: nor is one that was detached', () => {
    const [first, second, third] = [start(), start(), start()]
    first.flights.detachTagged('x')
    second.flights.detach('k')
    expect([first, second, third].map(({ flight }) => flight.isUntouched)).to.deep.equal([false, false, true])
  })
})

describe('a flight that goes on for nobody in particular', () => {
  it('is not ended by the last who waits besides, and tells what became of it to who asked for that alone', async () => {
    const { flight, clock, reject } = start()
    const told: unknown[] = []
    flight.goOn(err => { told.push(err) })
    const left = rejection(flight.wait({ timeout: 5 }))
    await clock.advance(5)
    await left
    expect(signalOf(flight).aborted).to.equal(false)
    const failure = new Error('no')
    reject(failure)
    await settled()
    expect(told).to.deep.equal([failure])
  })
})

describe('who waits on behalf of a caller', () => {
  it('leaves with it; nobody listens to what comes of the wait', async () => {
    const { flight } = start()
    const caller = new Cancellation()
    const waits = [rejection(flight.wait({ caller })), rejection(flight.wait({ caller }))]
    expect(signalOf(flight).aborted).to.equal(false)
    caller.abort(new Error('mine'))
    caller.abort(new Error('too late'))
    expect(signalOf(flight).aborted).to.equal(true)
    expect((await Promise.all(waits)).map(({ name }) => name)).to.deep.equal(['AbortError', 'AbortError'])
  })

  it('ends nothing for those who stay, nor what is over', async () => {
    const { flight, resolve } = start()
    const [caller, late] = [new Cancellation(), new Cancellation()]
    const waits = [flight.wait({ caller }), flight.wait({ caller: late })]
    caller.abort(new Error('mine'))
    expect(signalOf(flight).aborted).to.equal(false)
    resolve('v')
    expect(await Promise.all(waits)).to.deep.equal(['v', 'v'])
    late.abort(new Error('late'))
    expect(signalOf(flight).aborted).to.equal(false)
  })
})

describe('who is told without a promise', () => {
  function told (): { listener: Listener<string>, news: unknown[] } {
    const news: unknown[] = []
    return { news, listener: { landed: (tag, value) => { news.push([tag, value]) }, failed: (tag, err) => { news.push([tag, (err as Error).message]) } } }
  }

  it('hears in the tick of the outcome, each of them, with its own number', () => {
    const { flight } = start()
    const { listener, news } = told()
    for (const tag of [3, 4, 5]) flight.tell(listener, tag)
    flight.land('v')
    flight.fail(new Error('too late'))
    expect(news).to.deep.equal([[3, 'v'], [4, 'v'], [5, 'v']])
  })

  it('hears of a failure, and of what was decided before it asked, at once', () => {
    const [failing, landed] = [start().flight, start().flight]
    const { listener, news } = told()
    for (const tag of [1, 2]) failing.tell(listener, tag)
    failing.fail(new Error('no'))
    failing.tell(listener, 3)
    landed.land('v')
    landed.tell(listener, 4)
    expect(news).to.deep.equal([[1, 'no'], [2, 'no'], [3, 'no'], [4, 'v']])
  })

  it('counts as one that waits: the flight ends when all of them have left', () => {
    const { flight, flights } = start()
    const { listener } = told()
    flight.tell(listener, 1)
    flight.tell(listener, 2)
    flight.leave()
    expect([signalOf(flight).aborted, flights.get('k')]).to.deep.equal([false, flight])
    flight.leave()
    expect([signalOf(flight).aborted, flights.get('k')]).to.deep.equal([true, undefined])
  })
})

describe('a run that settles its flight itself', () => {
  it('and throws instead has failed with that', async () => {
    const flights = new Flights<string>(new FakeClock())
    const flight = flights.start('k', () => { throw new Error('at once') })
    expect([flights.size, flights.get('k'), (await rejection(flight.wait())).message]).to.deep.equal([0, undefined, 'at once'])
  })

  it('may do so before it returns, or later; those who wait by promise are told as well', async () => {
    const flights = new Flights<string>(new FakeClock())
    const early = flights.start('early', flight => { flight.land('now'); return undefined })
    expect([flights.size, await early.wait()]).to.deep.equal([0, 'now'])
    const late = flights.start('late', () => undefined)
    const waits = [late.wait(), late.wait({ timeout: 5 })]
    late.land('later')
    expect(await Promise.all(waits)).to.deep.equal(['later', 'later'])
    const failed = flights.start('failed', flight => { flight.fail(new Error('no')); return undefined })
    expect((await rejection(failed.wait())).message).to.equal('no')
  })
})

import { expect } from 'chai'
import { Detector } from '../../../src/membership/detector.js'
import { Timers } from '../../../src/membership/timers.js'
import { TIMINGS } from '../../../src/membership/timing.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { seeded } from '../../support/seeds.js'
import type { Timing } from '../../../src/interface/timing.js'

const PERIOD = TIMINGS.lan.probeInterval

/** What a member answers: after so many milliseconds, or never in the time it has. */
type Behaviour = { after?: number } | 'silent'
type Helper = 'answers' | 'silent' | 'unheard'

interface Started {
  clock: FakeClock
  detector: Detector
  heard: string[]
  silent: string[]
  pinged: string[]
  asked: Array<[via: string, id: string, at: number, timeout: number]>
  connected: Set<string>
  periods: () => number
  behaviour: Map<string, Behaviour>
  helpers: Map<string, Helper>
}

function start (ids: string[], timing: Partial<Timing> = {}): Started {
  const clock = new FakeClock()
  const random = seeded(11)
  const [heard, silent, pinged, asked]: [string[], string[], string[], Started['asked']] = [[], [], [], []]
  const [connected, behaviour, helpers] = [new Set(ids), new Map<string, Behaviour>(), new Map<string, Helper>()]
  const pause = (ms: number): Promise<void> => new Promise(resolve => { clock.setTimeout(resolve, ms) })
  let periods = 0
  const detector = new Detector({
    clock,
    random,
    timers: new Timers(clock, random),
    timing: { ...TIMINGS.lan, ...timing },
    onAnswer: id => { heard.push(id) },
    onSilence: id => { silent.push(id) },
    onPeriod: () => { periods++ },
    transport: {
      isConnected: id => connected.has(id),
      ping: async (id, timeout) => {
        pinged.push(id)
        const how = behaviour.get(id) ?? {}
        const after = how === 'silent' ? Infinity : how.after ?? 0
        if (after > 0) await pause(Math.min(after, timeout))
        return after < timeout
      },
      pingBy: async (via, id, timeout) => {
        asked.push([via, id, clock.now(), timeout])
        const how = helpers.get(via) ?? 'silent'
        await pause(how === 'unheard' ? timeout : timeout / 2)
        return how
      }
    }
  })
  for (const id of ids) detector.order.add(id)
  return { clock, detector, heard, silent, pinged, asked, connected, behaviour, helpers, periods: () => periods }
}

const TIMEOUT = TIMINGS.lan.probeTimeout

describe('a probe', () => {
  it('that is answered says that the member is there, and nobody else is asked', async () => {
    const { clock, detector, heard, silent, asked, behaviour } = start(['x', 'a', 'b'])
    behaviour.set('x', { after: 0.4 * TIMEOUT - 1 })
    void detector.probe('x')
    await clock.advance(TIMEOUT)
    expect([heard, silent, asked]).to.deep.equal([['x'], [], []])
  })

  it('has others asked, as many as indirectProbes says and never the member itself, when there is no answer for 0.4 of its time', async () => {
    for (const indirectProbes of [0, 1, 3, 16]) {
      const { clock, detector, asked, behaviour } = start(['x', 'a', 'b', 'c', 'd', 'e'], { indirectProbes })
      behaviour.set('x', 'silent')
      void detector.probe('x')
      await clock.advance(0.4 * TIMEOUT - 1)
      expect(asked).to.have.length(0)
      await clock.advance(1)
      expect(asked).to.have.length(Math.min(5, indirectProbes))
      expect(new Set(asked.map(([via]) => via)).size).to.equal(asked.length)
      for (const [via, ...rest] of asked) {
        expect(via).to.not.equal('x')
        expect(rest).to.deep.equal(['x', 0.4 * TIMEOUT, 0.6 * TIMEOUT])
      }
    }
  })

  it('asks only those who are connected', async () => {
    const { clock, detector, asked, behaviour, connected } = start(['x', 'a', 'b'])
    behaviour.set('x', 'silent')
    connected.delete('a')
    void detector.probe('x')
    await clock.advance(TIMEOUT)
    expect(asked.map(([via]) => via)).to.deep.equal(['b'])
  })

  it('is answered when one of those who were asked has an answer, or a late one comes to us', async () => {
    for (const late of [true, false]) {
      const { clock, detector, heard, silent, behaviour, helpers } = start(['x', 'a', 'b', 'c'])
      behaviour.set('x', late ? { after: 0.9 * TIMEOUT } : 'silent')
      if (!late) helpers.set('b', 'answers')
      void detector.probe('x')
      await clock.advance(TIMEOUT)
      expect([heard, silent]).to.deep.equal([['x'], []])
    }
  })

  it('says that the member is silent when nobody hears it, and not before its time is over', async () => {
    const { clock, detector, heard, silent, behaviour } = start(['x', 'a', 'b'])
    behaviour.set('x', 'silent')
    void detector.probe('x')
    await clock.advance(TIMEOUT - 1)
    expect(silent).to.deep.equal([])
    await clock.advance(1)
    expect([heard, silent, detector.health.multiplier]).to.deep.equal([[], ['x'], 1])
  })

  it('worsens the health of a node when one of those it asked is not heard either', async () => {
    for (const [helpers, multiplier] of [[['unheard', 'unheard', 'unheard'], 2], [['silent', 'silent', 'unheard'], 2], [['silent', 'silent', 'silent'], 1]] as const) {
      const started = start(['x', 'a', 'b', 'c'])
      started.behaviour.set('x', 'silent')
      for (const [i, how] of helpers.entries()) started.helpers.set('abc'[i] as string, how)
      void started.detector.probe('x')
      await started.clock.advance(TIMEOUT)
      expect([started.silent, started.detector.health.multiplier]).to.deep.equal([['x'], multiplier])
    }
  })

  it('is one at a time for each member, and another one may follow', async () => {
    const { clock, detector, silent, pinged, behaviour } = start(['x', 'y'])
    behaviour.set('x', 'silent')
    for (let i = 0; i < 5; i++) void detector.probe('x')
    void detector.probe('y')
    expect(pinged).to.deep.equal(['x', 'y'])
    await clock.advance(TIMEOUT)
    expect(silent).to.deep.equal(['x'])
    void detector.probe('x')
    expect(pinged).to.deep.equal(['x', 'y', 'x'])
  })

  it('says nothing when its time ran out while this process slept', async () => {
    const { clock, detector, heard, silent, behaviour } = start(['x', 'a'])
    behaviour.set('x', 'silent')
    void detector.probe('x')
    await clock.advance(0.4 * TIMEOUT)
    await clock.sleep(3_000)
    expect([heard, silent, detector.health.multiplier]).to.deep.equal([[], [], 2])
    // up to when the probe was due
    expect(detector.awake.now()).to.equal(TIMEOUT)
  })

  it('has as many times its time as this node is unwell', async () => {
    const { clock, detector, silent, behaviour } = start(['x'])
    behaviour.set('x', 'silent')
    detector.health.worse()
    detector.health.worse()
    void detector.probe('x')
    await clock.advance(3 * TIMEOUT - 1)
    expect(silent).to.deep.equal([])
    await clock.advance(1)
    expect(silent).to.deep.equal(['x'])
  })

  it('that is answered betters the health of a node', async () => {
    const { detector } = start(['x'])
    detector.health.worse()
    void detector.probe('x')
    await settled()
    expect(detector.health.multiplier).to.equal(1)
  })
})

describe('the failure detector', () => {
  it('probes each connected member once in a round, one per period', async () => {
    const { clock, detector, pinged, periods, connected } = start(['a', 'b', 'c', 'd'])
    connected.delete('d')
    detector.start()
    await clock.advance(PERIOD * 30)
    expect(periods()).to.be.within(27, 34)
    expect(pinged).to.have.length(periods())
    for (let round = 0; round + 3 <= pinged.length; round += 3) expect([...pinged.slice(round, round + 3)].sort()).to.deep.equal(['a', 'b', 'c'])
  })

  it('goes on with its periods when there is nobody to probe', async () => {
    const { clock, detector, periods } = start([])
    detector.start()
    await clock.advance(PERIOD * 20)
    expect(periods()).to.be.within(18, 23)
  })

  it('probes less often while this node is unwell, and has its periods all the same', async () => {
    const { clock, detector, pinged, periods, behaviour } = start(['a', 'b', 'c', 'd', 'e', 'f'])
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) behaviour.set(id, 'silent')
    for (let i = 0; i < 3; i++) detector.health.worse()
    detector.start()
    await clock.advance(PERIOD * 40)
    expect(periods()).to.be.within(36, 45)
    expect(pinged.length).to.be.within(8, 12)
  })

  it('takes a late period for a sleep of its own', async () => {
    const { clock, detector, silent } = start([])
    detector.start()
    await clock.advance(1_000)
    expect(detector.health.multiplier).to.equal(1)
    await clock.sleep(3_000)
    expect(detector.health.multiplier).to.equal(2)
    expect(detector.awake.now()).to.be.within(1_000, 1_275)
    await clock.advance(1_000)
    expect([detector.health.multiplier, silent]).to.deep.equal([2, []])
  })
})

import { expect } from 'chai'
import { measureCrashes, measureNews, measureWrongs } from '../support/membership-sim/measure.js'
import { simulate } from '../support/membership-sim/simulate.js'
import { TIMINGS } from '../../src/membership/timing.js'

/** SEED=n replays one run, SEEDS=n makes so many. */
const ONE = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED'])
const COUNT = Number(process.env['SEEDS'] ?? 300)
/** Lines of the trace that are shown of a run that failed. */
const SHOWN = 80

async function expectWell (seed: number): Promise<void> {
  if ((await simulate(seed)).failure === undefined) return
  const { failure, trace, plan } = await simulate(seed, { isTraced: true })
  throw new Error([
    `SEED=${seed} ${failure}`,
    JSON.stringify(plan),
    ...trace.filter(line => !line.includes(' pings ')).slice(-SHOWN),
    `again: SEED=${seed} npx mocha test/simulation/membership.spec.ts, or node --import tsx test/simulation/membership-run.ts --seed ${seed} --lines 5000`
  ].join('\n'))
}

describe('members in virtual time, with everything that befalls them', () => {
  it('are the same run for the same seed', async () => {
    for (const seed of [1, 2, 3]) {
      const [once, again, traced] = [await simulate(seed), await simulate(seed), await simulate(seed, { isTraced: true })]
      expect({ hash: again.hash, events: again.events, counts: again.counts }).to.deep.equal({ hash: once.hash, events: once.events, counts: once.counts })
      expect(traced.hash, 'with the trace switched on').to.equal(once.hash)
    }
    expect((await simulate(1)).hash).to.not.equal((await simulate(2)).hash)
  })

  it(ONE === undefined ? `are one again after ${COUNT} runs of faults` : `are one again after run ${ONE}`, async function () {
    this.timeout(0)
    if (ONE !== undefined) await expectWell(ONE)
    else for (let seed = 0; seed < COUNT; seed++) await expectWell(seed)
  })
})

describe('members look after each other alike at every size', () => {
  const timing = TIMINGS.lan
  const mean = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0) / all.length
  const init = (size: number): Parameters<typeof measureCrashes>[0] => ({ size, seed: ONE ?? 1, timing })

  for (const size of [3, 10, 60]) {
    it(`${size}: who falls silent is probed within 1.6 periods, suspected one time-out later, and known to be dead to all`, async function () {
      this.timeout(0)
      const { detections } = await measureCrashes(init(size), 60, () => {})
      expect(mean(detections.map(({ probed }) => probed)), 'first probe').to.be.at.most(1.6 * timing.probeInterval)
      expect(mean(detections.map(({ probed, suspected }) => suspected - probed)), 'first suspicion').to.be.within(0.9 * timing.probeTimeout, 1.1 * timing.probeTimeout)
      for (const { suspected, known } of detections) expect(known - suspected).to.be.within(timing.suspicionMin, timing.suspicionMax + 2 * timing.probeTimeout)
    })

    it(`${size}: news reaches all within three periods, and nothing is said when there is none`, async function () {
      this.timeout(0)
      const { took, idle } = await measureNews(init(size), 30)
      expect(Math.max(...took)).to.be.at.most(3 * timing.probeInterval)
      expect(idle.pings).to.be.within(1.8, 2.2)
      expect(idle.exchanges).to.be.at.most(3 * timing.probeInterval / timing.exchangeInterval)
      expect({ gossip: idle.gossip, indirect: idle.indirect, dials: idle.dials }).to.deep.equal({ gossip: 0, indirect: 0, dials: 0 })
    })

    for (const what of [{ loss: 0.1, kind: 'datagram', isStalling: false }, { loss: 0, kind: 'stream', isStalling: true }] as const) {
      it(`${size}: nobody well is held dead ${what.isStalling ? 'while one stalls 3 s every 10 s' : 'with a tenth of the messages lost'}`, async function () {
        this.timeout(0)
        const { dead, suspected } = await measureWrongs(init(size), what, 10_000)
        // of three, one can lose a word of defence and all that would have told it so, in one of some 10,000 node-periods
        expect(dead).to.be.at.most(size === 3 && !what.isStalling ? 1 : 0)
        if (what.isStalling) expect(suspected, 'suspicions of members that are well').to.be.at.most(size)
        else expect(suspected, 'suspicions that came to nothing').to.be.above(0)
      })
    }
  }
})

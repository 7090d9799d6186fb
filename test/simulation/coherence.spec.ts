import { expect } from 'chai'
import { simulate } from '../support/sim/simulate.js'

/** SEED=n replays one run, SEEDS=n makes so many. */
const ONE = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED'])
const COUNT = Number(process.env['SEEDS'] ?? 300)
/** Lines of the trace that are shown of a run that failed. */
const SHOWN = 60

async function expectWell (seed: number): Promise<void> {
  if ((await simulate(seed)).failure === undefined) return
  const { failure, trace, plan } = await simulate(seed, { isTraced: true })
  throw new Error(`SEED=${seed} ${failure}\n${JSON.stringify(plan)}\n${trace.slice(-SHOWN).join('\n')}`)
}

describe('nodes in virtual time, with everything that befalls them', () => {
  it('are the same run for the same seed', async () => {
    for (const seed of [1, 2, 3]) {
      const [once, again, traced] = [await simulate(seed), await simulate(seed), await simulate(seed, { isTraced: true })]
      expect({ hash: again.hash, events: again.events, counts: again.counts, sum: again.sum }).to.deep.equal({ hash: once.hash, events: once.events, counts: once.counts, sum: once.sum })
      expect(traced.hash, 'with the trace switched on').to.equal(once.hash)
    }
    expect((await simulate(1)).hash).to.not.equal((await simulate(2)).hash)
  })

  it(ONE === undefined ? `keep what they promise in ${COUNT} runs` : `keep what they promise in run ${ONE}`, async function () {
    this.timeout(0)
    if (ONE !== undefined) await expectWell(ONE)
    else for (let seed = 0; seed < COUNT; seed++) await expectWell(seed)
  })
})

// The long run, short: what can be said in half a minute is that nothing fails while members come and go under load, and
// that what was opened for it is closed again afterwards. Growth takes longer to see: npm run soak.

import { expect } from 'chai'
import { STAYING, SoakCluster } from '../soak/soak-cluster.js'
import { Churn, pause } from '../soak/churn.js'
import { SEEDS, seeded } from '../support/seeds.js'
import { endChildren } from '../support/child.js'
import { until } from '../support/until.js'
import type { Vitals } from '../soak/vitals.js'

const SEED = SEEDS.at(-1) as number
const SECONDS = Number(process.env['SECONDS'] ?? 25)

describe('four processes under constant load, of which two come and go', function () {
  this.timeout(SECONDS * 1_000 + 120_000)
  let cluster: SoakCluster

  before(async () => { cluster = await SoakCluster.start({ seed: SEED, perSecond: 20, leak: 0 }) })
  after(async () => {
    await cluster.end()
    await endChildren()
  })

  const vitals = (): Promise<Vitals[]> => Promise.all(STAYING.map(name => cluster.worker(name).call('vitals')))

  it(`answer everything rightly for ${SECONDS} s, and hold no handle, stream or listener more afterwards (seed ${SEED})`, async () => {
    // streams are opened when they are first needed
    await cluster.startLoad()
    await pause(2_000)
    await cluster.endLoad()
    const before = await vitals()
    await cluster.startLoad()
    const over = new AbortController()
    const churn = new Churn(cluster, seeded(SEED), 2_000)
    const changes = churn.run(over.signal)
    await Promise.race([pause(SECONDS * 1_000), changes])
    over.abort()
    await changes
    await cluster.endLoad()
    expect(cluster.faults).to.deep.equal([])
    expect(churn.events.length).to.be.greaterThan(0)
    expect(cluster.tallies.reduce((sum, { gets }) => sum + gets, 0)).to.be.greaterThan(100)
    await until(async () => {
      const now = await vitals()
      return now.every(({ handles, streams, listeners, members }, i) => {
        const { handles: h, streams: s, listeners: l } = before[i] as Vitals
        return members === 4 && handles <= h && streams <= s && listeners <= l
      })
    }, { timeout: 30_000, what: 'as much as before' })
  })
})

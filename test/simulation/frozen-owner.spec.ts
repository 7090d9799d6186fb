// In virtual time: what waits for an owner that is frozen goes on when that one is given up, not when a dial to it has timed out, and is
// loaded once.

import { expect } from 'chai'
import { TIMINGS } from '../../src/membership/timing.js'
import { seeded } from '../support/seeds.js'
import { Origin } from '../support/sim/origin.js'
import { Scheduler } from '../support/sim/sim-clock.js'
import { SimNetwork } from '../support/sim/sim-network.js'
import { SimNode } from '../support/sim/sim-node.js'
import { Trace } from '../support/sim/trace.js'

const IDS = [
  '12D3KooWLdLSro6nfnw5fz4aEuRzAtNbWzeXTU6Djpx2JSSKApVV',
  '12D3KooWEaLwGvDVhHamgtcNfbdsj2uvvVwSowSGzyckt6qgWipQ',
  '12D3KooWNVH2S1h71gTUTkvVDS6S6UBFDKhPYd28Fn9QYg4WK4gR',
  '12D3KooWAmuNJuU9RPuNj6jU797DXbVL25zXhsRVwnpwZacDTK3g',
  '12D3KooWBamYyz8YxjvNxmQZXKULnR4huKw6s4SHfhcgZGrAV2J6'
] as const
const WARM_UP = 4_000
/** Until all have given it up, and the load, which takes up to 60 ms. */
const MOMENT = 600 + 100
const FIRST_SEED = 20_261
const SEEDS = 10

interface Outcome {
  /** Virtual time when the last one gave the frozen owner up, and the last get had its answer. */
  givenUp: number
  over: number
  loads: number
}

/** Some begin to wait for a key of an owner that is frozen. */
async function besideFrozenOwner (seed: number, begin: (node: SimNode, key: string) => Promise<unknown>, after: number): Promise<Outcome> {
  const scheduler = new Scheduler()
  const random = seeded(seed)
  const network = new SimNetwork(scheduler, random, { latency: 1, jitter: 1, spikes: 0, spike: 0, loss: 0 })
  let last = 0
  const trace = new Trace(false, () => scheduler.now)
  const origin = new Origin({ random, stamp: () => ++last, now: () => scheduler.now, failing: 0, slow: 0, hanging: 0, trace, onLoad: () => {} })
  const nodes = IDS.map((id, i) => new SimNode({ network, id, name: `n${i}`, origin, options: { hot: false }, rpcTimeout: 10_000, timing: TIMINGS.lan, random, skew: () => 0, trace })) as [SimNode, ...SimNode[]]
  for (const node of nodes) node.start(IDS)
  await scheduler.run(WARM_UP)

  const frozen = nodes[0]
  const asking = nodes.slice(1)
  const key = Array.from({ length: 1_000 }, (_, i) => `k${i}`).find(key => frozen.core.view.owner(key) === frozen.id) ?? ''
  frozen.freeze()
  await scheduler.run(scheduler.now + after)
  let over = Infinity
  const done = Promise.all(asking.map(node => begin(node, key))).then(() => { over = scheduler.now })
  await scheduler.run(scheduler.now + 30_000, () => over < Infinity)
  await done
  return { givenUp: Math.max(...asking.map(node => node.lostAt.get(frozen.id) ?? Infinity)), over, loads: origin.loads.filter(load => load.key === key).length }
}

const CASES: Array<[what: string, begin: (node: SimNode, key: string) => Promise<unknown>]> = [
  ['gets', (node, key) => node.group.get(key)],
  ['batches', (node, key) => node.group.getMany([key])]
]

describe(`beside an owner that is frozen, in virtual time, seeds from ${FIRST_SEED} on,`, () => {
  for (const [what, begin] of CASES) {
    it(`${what} go on when that one is given up, and are one load`, async () => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        for (const after of [0, 100, 2_000]) {
          const { givenUp, over, loads } = await besideFrozenOwner(seed, begin, after)
          expect(over - givenUp, `seed ${seed}, begun ${after} ms after`).to.be.at.most(MOMENT)
          expect(loads, `loads, seed ${seed}, begun ${after} ms after`).to.equal(1)
        }
      }
    })
  }
})

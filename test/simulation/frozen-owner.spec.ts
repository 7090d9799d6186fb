// In virtual time: what waits for an owner that is frozen goes on the moment that one is given up, not when a dial to it has timed out.

import { expect } from 'chai'
import { TIMINGS } from '../../src/membership/timing.js'
import { seeded } from '../support/seeds.js'
import { Origin } from '../support/sim/origin.js'
import { Scheduler } from '../support/sim/sim-clock.js'
import { SimNetwork } from '../support/sim/sim-network.js'
import { SimNode } from '../support/sim/sim-node.js'
import { Trace } from '../support/sim/trace.js'

const IDS = ['12D3KooWLdLSro6nfnw5fz4aEuRzAtNbWzeXTU6Djpx2JSSKApVV', '12D3KooWEaLwGvDVhHamgtcNfbdsj2uvvVwSowSGzyckt6qgWipQ', '12D3KooWNVH2S1h71gTUTkvVDS6S6UBFDKhPYd28Fn9QYg4WK4gR'] as const
const WARM_UP = 4_000
/** Loads take up to 60 ms, messages some 2. */
const MOMENT = 100
const SEED = 20_261

interface Fixture { scheduler: Scheduler, nodes: readonly [SimNode, SimNode, SimNode] }

async function start (): Promise<Fixture> {
  const scheduler = new Scheduler()
  const random = seeded(SEED)
  const network = new SimNetwork(scheduler, random, { latency: 1, jitter: 1, spikes: 0, spike: 0, loss: 0 })
  let last = 0
  const trace = new Trace(false, () => scheduler.now)
  const origin = new Origin({ random, stamp: () => ++last, now: () => scheduler.now, failing: 0, slow: 0, hanging: 0, trace, onLoad: () => {} })
  const nodes = IDS.map((id, i) => new SimNode({ network, id, name: `n${i}`, origin, options: { hot: false }, rpcTimeout: 10_000, timing: TIMINGS.lan, random, skew: () => 0, trace }))
  for (const node of nodes) node.start(IDS)
  await scheduler.run(WARM_UP)
  return { scheduler, nodes: nodes as unknown as Fixture['nodes'] }
}

/** Virtual times: when the frozen owner was given up, and when what was begun before had come to its end. */
async function besideFrozenOwner (work: (node: SimNode, key: string) => Promise<unknown>, beginsAfter: number): Promise<{ givenUp: number, over: number }> {
  const { scheduler, nodes } = await start()
  const [asking, frozen] = nodes
  const key = Array.from({ length: 1_000 }, (_, i) => `k${i}`).find(key => asking.core.view.owner(key) === frozen.id) ?? ''
  frozen.freeze()
  await scheduler.run(scheduler.now + beginsAfter)
  let over = Infinity
  const done = work(asking, key).then(() => { over = scheduler.now })
  await scheduler.run(scheduler.now + 30_000, () => over < Infinity)
  await done
  expect(asking.core.view.ids, 'who is frozen is given up').not.to.include(frozen.id)
  return { givenUp: asking.lostAt.get(frozen.id) ?? NaN, over }
}

const cases: Array<[what: string, work: (node: SimNode, key: string) => Promise<unknown>]> = [
  ['a get', (node, key) => node.group.get(key)],
  ['a batch', (node, key) => node.group.getMany([key])]
]

describe(`beside an owner that is frozen, in virtual time, seed ${SEED},`, () => {
  for (const [what, work] of cases) {
    it(`${what} goes on as soon as that one is given up`, async () => {
      for (const beginsAfter of [0, 100, 2_000]) {
        const { givenUp, over } = await besideFrozenOwner(work, beginsAfter)
        expect(over - givenUp, `begun ${beginsAfter} ms after`).to.be.within(0, MOMENT)
      }
    })
  }
})

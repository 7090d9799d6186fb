import { MUTATIONS } from '../support/membership-sim/mutations.js'
import { measureWrongs } from '../support/membership-sim/measure.js'
import { simulate } from '../support/membership-sim/simulate.js'
import { TIMINGS } from '../../src/membership/timing.js'
import type { Adversity } from '../support/membership-sim/measure.js'
import type { Mutation } from '../support/membership-sim/mutations.js'

/** Of runs that pass with the safeguard in place, so many at the most until one fails without it. */
const MOST = 1_000
/** For what shows in numbers: over so many runs, so many times as many. */
const COMPARED = 150
const TIMES = 2.5

async function firstFailure (apply: Mutation['apply']): Promise<string | undefined> {
  for (let seed = 0; seed < MOST; seed++) {
    const undo = apply()
    const { failure } = await simulate(seed).finally(undo)
    // what fails anyway does not count
    if (failure !== undefined && (await simulate(seed)).failure === undefined) return `after ${seed + 1} runs: ${failure.split('\n')[0]}`
  }
  return undefined
}

async function wrongDeaths (): Promise<number> {
  let sum = 0
  for (let seed = 0; seed < COMPARED; seed++) sum += (await simulate(seed)).falsePositives
  return sum
}

async function suspicions (what: Adversity): Promise<number> {
  const { suspected } = await measureWrongs({ size: 10, seed: 1, timing: TIMINGS.lan }, what, 10_000)
  return suspected
}

const COUNTS: Readonly<Record<Exclude<Mutation['shows'], 'a failure'>, () => Promise<number>>> = {
  'wrong deaths': wrongDeaths,
  'suspicions with loss': () => suspicions({ loss: 0.1, kind: 'datagram', isStalling: false }),
  'suspicions by one that stalls': () => suspicions({ latency: 100, loss: 0, kind: 'stream', isStalling: true })
}

const usual = new Map<() => Promise<number>, number>()

async function increase (count: () => Promise<number>, apply: Mutation['apply']): Promise<string | undefined> {
  const before = usual.get(count) ?? await count()
  usual.set(count, before)
  const undo = apply()
  const after = await count().finally(undo)
  return after >= TIMES * Math.max(1, before) ? `${after} instead of ${before}` : undefined
}

describe('the simulation of the membership finds out when', () => {
  for (const { name, shows, apply } of MUTATIONS) {
    it(name, async function () {
      this.timeout(0)
      const found = shows === 'a failure' ? await firstFailure(apply) : await increase(COUNTS[shows], apply)
      if (found === undefined) throw new Error(`${name}: not found`)
      console.log(`      ${found}`)
    })
  }
})

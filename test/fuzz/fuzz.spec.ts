// Hostile bytes, in every run of the tests: 100,000 cases of a new seed each time. Many more by hand: npm run fuzz.

import { expect } from 'chai'
import { Fuzzer } from './fuzzer.js'
import { casesOf, inputText } from './report.js'
import { TARGETS } from './targets.js'
import { Watchdog } from './watchdog.js'
import type { Target } from './target.js'

const CASES = 100_000
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Of a good part of them the first look must not be the last one. */
const LEAST_ACCEPTED = 0.03
/** Cases over sockets wait for the machine, and say as much in fewer. */
const most = ({ name }: Target): { most?: number } => name === 'socket' ? { most: 60 } : {}

describe(`hostile bytes, seed ${SEED}`, () => {
  const targets = TARGETS.map(target => ({ ...target, ...most(target) }))
  const cases = casesOf(targets, CASES)
  let watchdog: Watchdog
  const { stackTraceLimit } = Error

  before(() => {
    watchdog = new Watchdog()
    // most of what is thrown is meant to be
    Error.stackTraceLimit = 0
  })

  after(async () => {
    Error.stackTraceLimit = stackTraceLimit
    await watchdog.stop()
  })

  for (const target of targets) {
    const count = cases.get(target.name) as number
    it(`${target.what} (${target.name}, ${count} cases)`, async function () {
      this.timeout(120_000)
      const { failures, accepted, cases } = await new Fuzzer(target, { seed: SEED, watchdog }).run(count)
      const [failure] = failures
      if (failure !== undefined) throw new Error(`npm run fuzz -- --target ${target.name} --seed ${SEED} --case ${failure.index}\n${failure.reason}\ninput, made smaller: ${inputText(failure.input)}`)
      expect(cases).to.equal(count)
      expect(accepted / cases).to.be.greaterThan(LEAST_ACCEPTED)
    })
  }

  it('were 100,000', () => {
    expect([...cases.values()].reduce((sum, count) => sum + count, 0)).to.equal(CASES)
  })
})

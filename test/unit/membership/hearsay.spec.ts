import { expect } from 'chai'
import * as fc from 'fast-check'
import { MAX_INCARNATION } from '../../../src/membership/member-record.js'
import { ACCUSATION_WINDOW, Accusers, fromTable, isPlausible, isRefutable, maxAccusations } from '../../../src/membership/hearsay.js'
import { MemberTable } from '../../../src/membership/member-table.js'
import { FakeClock } from '../../support/fake-clock.js'
import { alive, dead, left, suspect } from '../../support/records.js'

describe('an incarnation at second hand', () => {
  it('may be up to 1,000 higher than the member has claimed itself', () => {
    for (const [incarnation, said, isSo] of [[0, 0, true], [1_000, 0, true], [1_001, 0, false], [5, 900, true], [1_900, 900, true], [1_901, 900, false], [MAX_INCARNATION, 900, false]] as const) {
      expect(isPlausible(alive('x', incarnation), said), `${incarnation} of ${said}`).to.equal(isSo)
    }
  })

  it('may be up to 2⁴⁰ of a member that nothing is known of', () => {
    expect([2 ** 40, 2 ** 40 + 1, MAX_INCARNATION].map(incarnation => isPlausible(alive('x', incarnation), undefined))).to.deep.equal([true, false, false])
  })

  it('is one that the member itself contradicts, whatever others believe of it', () => {
    const incarnation = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.integer({ min: 2 ** 40 - 5, max: 2 ** 40 + 2_000 }))
    fc.assert(fc.property(incarnation, incarnation, fc.option(incarnation, { nil: undefined }), (claimed, own, said) => {
      // nobody has heard the member claim more than it does
      if (said !== undefined && said > own) return
      if (isPlausible(dead('x', claimed), said)) expect(isRefutable(dead('x', claimed), own)).to.equal(true)
    }), { numRuns: 1_000 })
  })

  it('leads a member that contradicts all of it no nearer to the highest one than a thousand at a time', () => {
    fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (claimed, own) => {
      if (isRefutable(dead('x', claimed), own)) expect(claimed).to.be.at.most(Math.max(own, 2 ** 40) + 1_000)
    }), { numRuns: 1_000 })
  })
})

describe('what a member has claimed itself', () => {
  it('is what it was first known with, until it speaks; what others say of it since does not count', () => {
    const table = new MemberTable()
    const said: Array<number | undefined> = [table.saidOf('x')]
    for (const [record, isOwnWord] of [[alive('x', 3), false], [suspect('x', 500), false], [alive('x', 700), true], [dead('x', 900), false], [alive('x', 800), true]] as const) {
      table.merge(record, 0, isOwnWord)
      said.push(table.saidOf('x'))
    }
    expect(said).to.deep.equal([undefined, 3, 3, 700, 700, 700])
    table.forgetDead(1e9)
    expect(table.saidOf('x')).to.equal(undefined)
  })
})

describe('a record of a table', () => {
  it('that ends a member which is present here is a suspicion, and everything else what it says', () => {
    for (const known of [undefined, alive('x'), suspect('x'), dead('x'), left('x')]) {
      for (const record of [alive('x', 2), suspect('x', 2), dead('x', 2), left('x', 2)]) {
        const isSoftened = (known?.state === 'alive' || known?.state === 'suspect') && (record.state === 'dead' || record.state === 'left')
        expect(fromTable(record, known)).to.deep.equal(isSoftened ? suspect('x', 2) : record)
      }
    }
  })
})

describe('accusers', () => {
  function start (): { clock: FakeClock, accusers: Accusers, logged: string[] } {
    const clock = new FakeClock()
    const logged: string[] = []
    return { clock, logged, accusers: new Accusers(clock, (format, ...args) => { logged.push([format, ...args].join(' ')) }) }
  }

  it('are heard 32 times and twice per member in ten seconds, each one counted apart', async () => {
    const { clock, accusers } = start()
    const heard = (id: string): number => Array.from({ length: 200 }, () => accusers.mayAccuse(id, 20)).filter(Boolean).length
    expect(maxAccusations(20)).to.equal(72)
    expect([heard('a'), heard('b'), heard('a')]).to.deep.equal([72, 72, 0])
    await clock.advance(ACCUSATION_WINDOW - 1)
    expect(heard('a')).to.equal(0)
    await clock.advance(1)
    expect(heard('a')).to.equal(72)
  })

  it('that are not believed are logged once in a window each, with what they said', async () => {
    const { clock, accusers, logged } = start()
    for (let i = 0; i < 5; i++) for (const id of ['a', 'b']) accusers.refuse(id, true, 'x', 'dead at incarnation 7: why')
    for (let i = 0; i < 5; i++) accusers.refuse(`stranger${i}`, false, 'x', 'why')
    expect(logged).to.have.length(3)
    for (const part of ['a', 'x', 'dead at incarnation 7: why']) expect(logged[0]).to.include(part)
    await clock.advance(ACCUSATION_WINDOW)
    accusers.refuse('a', true, 'x', 'why')
    expect(logged).to.have.length(4)
  })

  it('that left are forgotten', () => {
    const { accusers } = start()
    for (let i = 0; i < 40; i++) accusers.mayAccuse('a', 1)
    expect(accusers.mayAccuse('a', 1)).to.equal(false)
    accusers.forget('a')
    expect(accusers.mayAccuse('a', 1)).to.equal(true)
    for (let i = 0; i < 40; i++) accusers.mayAccuse('a', 1)
    accusers.clear()
    expect(accusers.mayAccuse('a', 1)).to.equal(true)
  })
})

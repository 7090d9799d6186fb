import { expect } from 'chai'
import { AwakeTime } from '../../../src/membership/awake-time.js'
import { DeathNotices } from '../../../src/membership/death-notices.js'
import { MemberTable } from '../../../src/membership/member-table.js'
import { ProbeOrder } from '../../../src/membership/probe-order.js'
import { Timers } from '../../../src/membership/timers.js'
import { CHANGES_PER_SECOND, MAX_CHANGES } from '../../../src/membership/restless.js'
import { TIMINGS } from '../../../src/membership/timing.js'
import { SPONSORED_FOR, Verdicts } from '../../../src/membership/verdicts.js'
import { FakeClock } from '../../support/fake-clock.js'
import { alive, dead, left, suspect } from '../../support/records.js'
import { seeded } from '../../support/seeds.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'

interface Started {
  clock: FakeClock
  verdicts: Verdicts
  changes: string[]
  published: MemberRecord[]
  probed: string[]
  /** Those who are to be looked up, and those who need not be any more. */
  introduced: string[]
  settled: string[]
  logged: string[]
  /** x as it is held here. */
  x: () => string
  order: () => string[]
}

/** Of 'm', which knows the accusers a, b, c, d and x as it is said. */
function start (known?: MemberRecord): Started {
  const clock = new FakeClock()
  const random = seeded(2)
  const [changes, probed, introduced, settled, published, logged]: [string[], string[], string[], string[], MemberRecord[], string[]] = [[], [], [], [], [], []]
  const table = new MemberTable()
  table.merge(alive('m'), 0)
  const order = new ProbeOrder(random)
  const publish = (news: MemberRecord): void => { published.push(news) }
  const verdicts = new Verdicts({
    self: 'm',
    clock,
    table,
    detector: { order, awake: new AwakeTime(clock, 250), probe: async id => { probed.push(id) } },
    notices: new DeathNotices({ timers: new Timers(clock, random), random, publish }),
    strangers: { introduce: (by, { id }) => { introduced.push(`${id} by ${by}`) }, settle: id => { settled.push(id) }, clear: () => {} },
    timing: TIMINGS.lan,
    publish,
    onChange: ({ kind, member }) => { changes.push(`${kind} ${member.id}`) },
    log: (...args) => { logged.push(args.join(' ')) }
  })
  for (const id of ['a', 'b', 'c', 'd']) verdicts.takeOwnWord(alive(id))
  if (known !== undefined) verdicts.takeSecondHand('a', known)
  changes.length = 0
  const x = (): string => {
    const record = table.get('x')
    return record === undefined ? 'unknown' : `${record.state} ${record.incarnation}`
  }
  return { clock, verdicts, changes, published, probed, introduced, settled, logged, x, order: () => order.sample(9, () => true).sort() }
}

/** What is told, of whom what is known, and what comes of it. */
type Row = [known: MemberRecord | undefined, told: MemberRecord, becomes: string, change: string | undefined]

function check (rows: readonly Row[], tell: (verdicts: Verdicts, told: MemberRecord) => void): void {
  for (const [known, told, becomes, change] of rows) {
    it(`${known === undefined ? 'unknown' : `${known.state} ${known.incarnation}`}, told ${told.state} ${told.incarnation}: ${becomes}${change === undefined ? '' : `, a ${change}`}`, () => {
      const { verdicts, x, changes } = start(known)
      tell(verdicts, told)
      expect([x(), changes]).to.deep.equal([becomes, change === undefined ? [] : [`${change} x`]])
    })
  }
}

const { suspicionMin: SUSPICION_MIN, suspicionMax: SUSPICION_MAX } = TIMINGS.lan

describe('the word of a member on itself, known here as', () => {
  check([
    [undefined, alive('x'), 'alive 0', 'join'], [undefined, left('x'), 'left 0', undefined],
    [alive('x'), alive('x'), 'alive 0', undefined], [alive('x'), alive('x', 1), 'alive 1', 'update'], [alive('x'), left('x'), 'left 0', 'leave'], [alive('x', 2), alive('x', 1), 'alive 2', undefined],
    [suspect('x'), alive('x'), 'suspect 0', undefined], [suspect('x'), alive('x', 1), 'alive 1', 'update'], [suspect('x'), left('x'), 'left 0', 'leave'],
    [dead('x'), alive('x'), 'dead 0', undefined], [dead('x'), alive('x', 1), 'alive 1', 'join'], [dead('x'), left('x'), 'left 0', undefined],
    [left('x'), alive('x'), 'left 0', undefined], [left('x'), alive('x', 1), 'alive 1', 'join'],
    // however much it claims
    [alive('x'), alive('x', 2 ** 50), `alive ${2 ** 50}`, 'update']
  ], (verdicts, told) => { verdicts.takeOwnWord(told) })
})

describe('the table of another member, of one that is known here as', () => {
  check([
    [undefined, alive('x', 2 ** 40), `alive ${2 ** 40}`, 'join'], [undefined, suspect('x'), 'suspect 0', 'join'], [undefined, dead('x'), 'dead 0', undefined], [undefined, alive('x', 2 ** 40 + 1), 'unknown', undefined],
    [alive('x'), alive('x', 1), 'alive 1', 'update'], [alive('x'), suspect('x'), 'suspect 0', 'update'], [alive('x'), dead('x'), 'suspect 0', 'update'], [alive('x'), left('x', 1), 'suspect 1', 'update'], [alive('x', 1), dead('x'), 'alive 1', undefined],
    [suspect('x'), dead('x'), 'suspect 0', undefined], [suspect('x'), alive('x', 1), 'alive 1', 'update'],
    [dead('x'), alive('x'), 'dead 0', undefined], [dead('x'), alive('x', 1), 'alive 1', 'join'], [dead('x'), dead('x', 1), 'dead 1', undefined], [dead('x'), left('x'), 'left 0', undefined],
    [alive('x'), alive('x', 1_000), 'alive 1000', 'update'], [alive('x'), alive('x', 1_001), 'alive 0', undefined]
  ], (verdicts, told) => { verdicts.takeSecondHand('a', told) })

  it('that is not present is no reason to take it for a member, unless that one is the first this node has met, a moment ago: it is looked up', async () => {
    for (const [known, told] of [[undefined, alive('x')], [undefined, suspect('x', 7)], [dead('x'), alive('x', 1)], [left('x'), suspect('x', 1)]] as const) {
      const { verdicts, clock, x, changes, introduced } = start(known)
      await clock.advance(SPONSORED_FOR)
      const before = x()
      verdicts.takeSecondHand('a', told)
      expect([x(), changes, introduced]).to.deep.equal([before, [], ['x by a']])
      verdicts.takeOwnWord(alive('x', told.incarnation))
      expect([x(), changes]).to.deep.equal([`alive ${told.incarnation}`, ['join x']])
    }
  })

  it('that is not the first one is no reason from the beginning', () => {
    const { verdicts, x, introduced } = start()
    verdicts.takeSecondHand('b', alive('x'))
    expect([x(), introduced]).to.deep.equal(['unknown', ['x by b']])
  })

  it('that was never heard of, and is dead or gone, is of no interest', async () => {
    for (const told of [dead('x'), left('x')]) {
      const { verdicts, clock, x, introduced } = start()
      await clock.advance(SPONSORED_FOR)
      verdicts.takeSecondHand('a', told)
      expect([x(), introduced]).to.deep.equal(['unknown', []])
    }
  })

  it('that is present is as before', async () => {
    const { verdicts, clock, x, introduced } = start(alive('x'))
    await clock.advance(SPONSORED_FOR)
    verdicts.takeSecondHand('a', alive('x', 1))
    verdicts.takeSecondHand('a', dead('x', 1))
    expect([x(), introduced]).to.deep.equal(['suspect 1', []])
  })

  it('is trusted again by one that has lost all others', async () => {
    const { verdicts, clock, x } = start()
    await clock.advance(SPONSORED_FOR)
    for (const id of ['a', 'b', 'c', 'd']) verdicts.takeOwnWord(left(id))
    verdicts.takeOwnWord(alive('e'))
    verdicts.takeSecondHand('e', alive('x'))
    expect(x()).to.equal('alive 0')
  })
})

describe('who is looked up', () => {
  it('needs not be any more when it says that it is there, or that it leaves', () => {
    for (const told of [alive('x'), left('x')]) {
      const { verdicts, settled } = start()
      settled.length = 0
      verdicts.takeOwnWord(told)
      expect(settled).to.deep.equal(['x'])
    }
  })
})

describe('an accusation in the news, of one that is known here as', () => {
  check([
    [undefined, suspect('x'), 'unknown', undefined], [undefined, dead('x'), 'unknown', undefined],
    [alive('x'), suspect('x'), 'suspect 0', 'update'], [alive('x', 1), suspect('x'), 'alive 1', undefined],
    // they are looked into
    [alive('x'), dead('x'), 'alive 0', undefined], [suspect('x'), dead('x'), 'suspect 0', undefined],
    [dead('x'), suspect('x'), 'dead 0', undefined], [dead('x'), suspect('x', 1), 'suspect 1', 'join'], [dead('x'), dead('x', 1), 'dead 1', undefined],
    [alive('x'), suspect('x', 1_001), 'alive 0', undefined], [alive('x'), dead('x', 1_001), 'alive 0', undefined]
  ], (verdicts, told) => { verdicts.hearAccusation('a', told) })

  it('dead makes for a look whether it is there', async () => {
    const { verdicts, clock, x, changes, introduced } = start(dead('x', 1))
    await clock.advance(SPONSORED_FOR)
    for (const incarnation of [0, 1, 2]) verdicts.hearAccusation('a', suspect('x', incarnation))
    expect([x(), changes, introduced]).to.deep.equal(['dead 1', [], ['x by a']])
  })

  it('anything is not believed from a stranger, or from one that is gone', () => {
    for (const gone of [undefined, left('x'), dead('x')]) {
      const { verdicts, changes, probed, logged } = start(gone)
      for (const news of [suspect('b'), dead('b')]) verdicts.hearAccusation('x', news)
      expect([changes, probed]).to.deep.equal([[], []])
      expect(logged).to.have.length(1)
    }
  })
})

describe('a death that was told', () => {
  it('makes for a probe, and is believed when that finds nobody', () => {
    const { verdicts, probed, x, changes, published } = start(alive('x'))
    verdicts.hearAccusation('a', dead('x'))
    expect(probed).to.deep.equal(['x'])
    verdicts.silent('x')
    expect([x(), changes, published]).to.deep.equal(['dead 0', ['fail x'], []])
  })

  it('is forgotten when the member answers, which is in doubt all the same', () => {
    const { verdicts, x } = start(alive('x'))
    expect(verdicts.answered('x')).to.equal(false)
    verdicts.hearAccusation('a', dead('x'))
    expect([verdicts.answered('x'), verdicts.answered('x')]).to.deep.equal([true, false])
    verdicts.silent('x')
    expect(x()).to.equal('suspect 0')
    expect(verdicts.answered('x')).to.equal(true)
  })

  it('that is no news any more when the probe has found nobody does not keep the member', async () => {
    const { clock, verdicts, x } = start(alive('x'))
    verdicts.hearAccusation('a', dead('x'))
    verdicts.hearAccusation('b', suspect('x', 1))
    verdicts.silent('x')
    expect(x()).to.equal('suspect 1')
    await clock.advance(SUSPICION_MAX)
    verdicts.tryTheSilent()
    verdicts.silent('x')
    expect(x()).to.equal('dead 1')
  })

  it('is forgotten when the member contradicts, and of no interest when it has done so before', () => {
    const { verdicts, x, probed } = start(alive('x'))
    verdicts.hearAccusation('a', dead('x'))
    verdicts.takeOwnWord(alive('x', 1))
    verdicts.silent('x')
    expect(x()).to.equal('suspect 1')
    verdicts.hearAccusation('a', dead('x'))
    expect(probed).to.deep.equal(['x'])
  })
})

describe('a member that comes back again and again', () => {
  it('waits, though it may go at any time, and is heard when it says so again later', async () => {
    const { clock, verdicts, changes, logged, x } = start(alive('x'))
    let incarnation = 0
    for (let i = 0; i < 3 * MAX_CHANGES; i++) {
      verdicts.takeOwnWord(left('x', ++incarnation))
      verdicts.takeOwnWord(alive('x', ++incarnation))
    }
    expect(changes.filter(change => change === 'join x')).to.have.lengthOf(MAX_CHANGES)
    expect(changes.filter(change => change === 'leave x')).to.have.lengthOf(MAX_CHANGES + 1)
    expect(x()).to.match(/^left/)
    expect(logged.join()).to.include('too often')
    await clock.advance(1_000 / CHANGES_PER_SECOND)
    verdicts.takeOwnWord(alive('x', incarnation))
    expect([x(), changes.at(-1)]).to.deep.equal([`alive ${incarnation}`, 'join x'])
  })
})

describe('a member that nobody hears', () => {
  it('is a suspect, which is published once; after its time it is probed once more, and dead, which is published as well', async () => {
    const { clock, verdicts, x, changes, published, probed } = start(alive('x'))
    verdicts.silent('x')
    verdicts.silent('x')
    expect([x(), published]).to.deep.equal(['suspect 0', [suspect('x')]])
    await clock.advance(SUSPICION_MAX - 1)
    verdicts.tryTheSilent()
    expect(probed).to.deep.equal([])
    await clock.advance(1)
    verdicts.tryTheSilent()
    expect([x(), probed]).to.deep.equal(['suspect 0', ['x']])
    verdicts.silent('x')
    await clock.advance(500)
    expect([x(), changes, published]).to.deep.equal(['dead 0', ['update x', 'fail x'], [suspect('x'), dead('x')]])
  })

  it('has less time when others say so too; what they pass on in tables does not count', async () => {
    const { clock, verdicts, probed } = start(alive('x'))
    verdicts.silent('x')
    for (const id of ['a', 'b', 'c', 'd']) verdicts.takeSecondHand(id, suspect('x'))
    await clock.advance(SUSPICION_MIN)
    verdicts.tryTheSilent()
    expect(probed).to.deep.equal([])
    for (const id of ['a', 'b', 'c']) verdicts.hearAccusation(id, suspect('x'))
    verdicts.tryTheSilent()
    expect(probed).to.deep.equal(['x'])
  })

  it('has its whole time again once it has contradicted', async () => {
    const { clock, verdicts, x, probed } = start(alive('x'))
    verdicts.silent('x')
    await clock.advance(SUSPICION_MAX - 200)
    verdicts.takeOwnWord(alive('x', 1))
    verdicts.silent('x')
    await clock.advance(SUSPICION_MAX - 200)
    verdicts.tryTheSilent()
    expect([x(), probed]).to.deep.equal(['suspect 1', []])
  })

  it('and answers after all, has its whole time again, to contradict, and is told of it', async () => {
    const { clock, verdicts, x, probed } = start(alive('x'))
    verdicts.silent('x')
    await clock.advance(SUSPICION_MAX)
    verdicts.tryTheSilent()
    expect(verdicts.answered('x')).to.equal(true)
    verdicts.silent('x')
    await clock.advance(SUSPICION_MIN)
    verdicts.tryTheSilent()
    expect([x(), probed]).to.deep.equal(['suspect 0', ['x']])
  })

  it('is one of many: they are probed a few at a time', async () => {
    const { clock, verdicts, probed } = start(alive('x'))
    const ids = Array.from({ length: 40 }, (_, i) => `y${i}`)
    for (const id of ids) {
      verdicts.takeOwnWord(alive(id))
      verdicts.silent(id)
    }
    await clock.advance(2 * SUSPICION_MAX)
    verdicts.tryTheSilent()
    expect(probed).to.have.length(16)
    for (const id of [...probed]) verdicts.silent(id)
    verdicts.tryTheSilent()
    expect(new Set(probed)).to.have.length(32)
  })

  it('and is back before its death was told is not said to be dead', async () => {
    const { clock, verdicts, published } = start(alive('x'))
    verdicts.dead('x')
    verdicts.takeOwnWord(alive('x', 1))
    await clock.advance(1_000)
    expect(published).to.deep.equal([])
  })

  it('is nobody who is not known, or dead', () => {
    for (const known of [undefined, dead('x'), left('x')]) {
      const { verdicts, changes, published } = start(known)
      verdicts.silent('x')
      verdicts.dead('x')
      expect([changes, published]).to.deep.equal([[], []])
    }
  })
})

describe('the members that are probed', () => {
  it('are those who are present', () => {
    const { verdicts, order } = start(dead('x'))
    expect(order()).to.deep.equal(['a', 'b', 'c', 'd'])
    verdicts.takeOwnWord(alive('x', 1))
    verdicts.takeOwnWord(left('a'))
    expect(order()).to.deep.equal(['b', 'c', 'd', 'x'])
    verdicts.clear()
    expect(order()).to.deep.equal([])
  })
})

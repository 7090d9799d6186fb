import { expect } from 'chai'
import { ALONE_AFTER, FairTurns, LONGEST_TURN, Share, TURN, TURN_ALONE, TURN_PART } from '../../../src/rpc/fair-turns.js'
import { FakeClock } from '../../support/fake-clock.js'

/** Milliseconds that a frame takes. */
const FRAME = 0.02

class Table {
  readonly clock = new FakeClock()
  readonly #rounds: Array<() => void> = []
  readonly turns = new FairTurns(this.clock, task => { this.#rounds.push(task) })
  /** Who worked on a frame, in order. */
  readonly worked: string[] = []

  /** One round of the event loop. @returns whether there was anything to do in it */
  round (): boolean {
    const tasks = this.#rounds.splice(0)
    for (const task of tasks) task()
    return tasks.length > 0
  }

  /** Who works in each of the next rounds. */
  rounds (count: number): string[] {
    this.worked.length = 0
    return Array.from({ length: count }, () => {
      this.round()
      return [...new Set(this.worked.splice(0))].join()
    })
  }

  /** A peer that has sent so many frames. @param charge - milliseconds that each costs beyond */
  sends (name: string, share: Share, frames: number, charge = 0): void {
    let left = frames
    const work = (): void => {
      do {
        this.worked.push(name)
        this.clock.jump(FRAME)
        left--
        if (charge > 0) this.turns.charge(charge)
      } while (left > 0 && !this.turns.isOver)
    }
    this.turns.take(share, work)
    if (left > 0) {
      this.turns.wait(share, () => {
        work()
        return left > 0
      })
    }
  }

  /** How many of the frames were a peer's. */
  count (name: string): number {
    return this.worked.filter(each => each === name).length
  }
}

describe('turns', () => {
  let table: Table
  let [busy, other, calm] = [new Share(), new Share(), new Share()]

  beforeEach(() => {
    table = new Table();
    [busy, other, calm] = [new Share(), new Share(), new Share()]
  })

  /** Several peers ask. */
  const isShared = (): void => {
    table.sends('calm', calm, 1)
    table.round()
  }

  it('last so long that others wait for a moment, and who asks for little never waits', () => {
    isShared()
    table.sends('busy', busy, 1_000)
    const most = Math.ceil(TURN / FRAME) + 4
    expect(table.count('busy')).to.be.within(TURN / FRAME, most)
    for (let pass = 0; pass < 10; pass++) {
      const [before, calmBefore] = [table.count('busy'), table.count('calm')]
      table.sends('calm', calm, 3)
      expect(table.count('calm') - calmBefore).to.equal(3)
      table.round()
      expect(table.count('busy') - before).to.be.within(1, most)
    }
  })

  it('come in each round to one of those who wait, in their order', () => {
    isShared()
    table.sends('busy', busy, 100)
    table.sends('other', other, 100)
    expect(table.rounds(4)).to.deep.equal(['busy', 'other', 'busy', 'other'])
  })

  it('come to one that keeps several streams full no more often than to one with one', () => {
    isShared()
    for (let stream = 0; stream < 4; stream++) table.sends('busy', busy, 100)
    table.sends('other', other, 100)
    expect(table.rounds(6)).to.deep.equal(['busy', 'other', 'busy', 'other', 'busy', 'other'])
    let left = 0
    while (table.round()) expect(++left).to.be.lessThan(100)
    expect(table.turns.waiting).to.equal(0)
  })

  it('end, and then nothing is left to do', () => {
    isShared()
    table.sends('busy', busy, 100)
    table.sends('other', other, 100)
    let rounds = 0
    while (table.round()) expect(++rounds).to.be.lessThan(100)
    expect([table.count('busy'), table.count('other'), table.turns.waiting]).to.deep.equal([100, 100, 0])
  })

  it('are one for a peer in a round, however many streams and messages it has', () => {
    isShared()
    for (let message = 0; message < 50; message++) table.sends('busy', busy, 5)
    // each of the messages is begun, and no more once the turn is used up
    expect(table.count('busy')).to.be.at.most(TURN / FRAME + 4 + 50 * 4)
    const used = table.count('busy')
    table.round()
    table.sends('busy', busy, 5)
    expect(table.count('busy') - used).to.be.greaterThan(4)
  })

  it('are longer while nobody else asks', () => {
    table.sends('busy', busy, 1_000)
    expect(table.count('busy')).to.be.at.least(TURN_ALONE / FRAME)
    table.sends('calm', calm, 1)
    const before = table.count('busy')
    table.round()
    expect(table.count('busy') - before).to.be.at.most(TURN / FRAME + 4)
    table.clock.jump(ALONE_AFTER)
    const alone = table.count('busy')
    table.round()
    expect(table.count('busy') - alone).to.be.at.least(TURN_ALONE / FRAME)
  })

  it('are longer where a round takes long, for whatever reason, up to a limit', () => {
    for (const [round, turn] of [[10, 10 * TURN_PART], [1_000, LONGEST_TURN]] as const) {
      isShared()
      table.sends('busy', busy, 10_000)
      const before = table.count('busy')
      table.clock.jump(round)
      table.sends('calm', calm, 1)
      table.round()
      expect((table.count('busy') - before) * FRAME).to.be.within(turn, turn + 2)
      while (table.round());
    }
  })

  it('end sooner by what is charged, but not while nobody else asks', () => {
    table.sends('busy', busy, 1_000, TURN / 2)
    expect(table.count('busy')).to.be.at.least(TURN_ALONE / FRAME)
    isShared()
    table.sends('other', other, 1_000, TURN / 2)
    expect(table.count('other')).to.be.within(1, 2)
  })

  it('go on when what is worked on fails: that is its peer\'s affair', () => {
    isShared()
    expect(() => { table.turns.take(busy, () => { throw new Error('no frame') }) }).to.throw('no frame')
    table.sends('calm', calm, 2)
    expect(table.count('calm')).to.equal(3)
  })
})

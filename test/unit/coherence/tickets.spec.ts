import { expect } from 'chai'
import { Tickets } from '../../../src/coherence/tickets.js'
import { INVALIDATION_TIMEOUT, MAX_TICKETS } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'

describe('tickets', () => {
  it('are known once they were added, with the work there is to wait for', () => {
    const tickets = new Tickets(new FakeClock())
    const work = Promise.resolve(5)
    expect([tickets.has(1), tickets.workOn(1), tickets.part(1)]).to.deep.equal([false, undefined, undefined])
    tickets.add(1, work)
    tickets.add(2)
    tickets.add(3, work, 'replacement')
    expect([tickets.has(1), tickets.has(2), tickets.has(3), tickets.has(4)]).to.deep.equal([true, true, true, false])
    expect([tickets.workOn(1), tickets.workOn(2)]).to.deep.equal([work, undefined])
    expect([tickets.part(1), tickets.part(3)]).to.deep.equal(['removal', 'replacement'])
  })

  it('say what came of the work when it is done, and keep nothing else of it', async () => {
    const tickets = new Tickets(new FakeClock())
    const work = Promise.resolve(5)
    tickets.add(1, work, 'replacement')
    await work
    expect(tickets.workOn(1)).not.to.equal(work)
    expect([await tickets.workOn(1), tickets.part(1)]).to.deep.equal([5, 'replacement'])
  })

  it('may be worked on again once the work has failed', async () => {
    const tickets = new Tickets(new FakeClock())
    const work = Promise.reject(new Error('nobody there'))
    tickets.add(1, work)
    expect(tickets.has(1)).to.equal(true)
    await work.catch(() => {})
    expect([tickets.has(1), tickets.workOn(1)]).to.deep.equal([false, undefined])
  })

  it('that are added again do not mind how the earlier work ends', async () => {
    const tickets = new Tickets(new FakeClock())
    const [first, failed, last] = [Promise.resolve(5), Promise.reject(new Error('nobody there')), new Promise<number>(() => {})]
    for (const work of [first, failed, last]) tickets.add(1, work)
    await Promise.allSettled([first, failed])
    expect(tickets.workOn(1)).to.equal(last)
  })

  it('are dropped when nobody speaks of them any more, and not before', () => {
    const clock = new FakeClock()
    const tickets = new Tickets(clock)
    tickets.add(1)
    clock.jump(2 * INVALIDATION_TIMEOUT - 1)
    tickets.add(2)
    expect(tickets.has(1)).to.equal(true)
    clock.jump(2)
    tickets.add(3)
    expect([tickets.has(1), tickets.has(2)]).to.deep.equal([false, true])
  })

  it('that are added again are as young as new ones', () => {
    const clock = new FakeClock()
    const tickets = new Tickets(clock)
    tickets.add(1)
    tickets.add(2)
    clock.jump(INVALIDATION_TIMEOUT)
    tickets.add(1)
    clock.jump(INVALIDATION_TIMEOUT + 1)
    tickets.add(3)
    expect([tickets.has(1), tickets.has(2)]).to.deep.equal([true, false])
  })

  it('are no more than a limit, the oldest being dropped', () => {
    const tickets = new Tickets(new FakeClock())
    const work = new Promise<number>(() => {})
    for (let i = 0; i <= MAX_TICKETS; i++) tickets.add(i, i === 0 ? work : undefined)
    expect([tickets.has(0), tickets.has(1), tickets.has(MAX_TICKETS)]).to.deep.equal([false, true, true])
    // in the place of the one that was dropped
    tickets.add(-1)
    expect([tickets.has(1), tickets.has(-1), tickets.workOn(MAX_TICKETS), tickets.workOn(-1)]).to.deep.equal([false, true, undefined, undefined])
  })
})

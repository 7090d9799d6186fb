import { expect } from 'chai'
import { Redialler } from '../../../src/membership/redialler.js'
import { Timers } from '../../../src/membership/timers.js'
import { FakeClock } from '../../support/fake-clock.js'
import { seeded } from '../../support/seeds.js'

const INTERVAL = 1_000

interface Started { clock: FakeClock, timers: Timers, dead: Set<string>, connected: Set<string>, dialled: string[], exchanged: string[], finish: Map<string, () => void> }

function start (ids: string[], { isSlow = false, failsExchange = false } = {}): Started {
  const clock = new FakeClock()
  const timers = new Timers(clock, seeded(3))
  const started: Started = { clock, timers, dead: new Set(ids), connected: new Set(), dialled: [], exchanged: [], finish: new Map() }
  new Redialler({
    timers,
    random: seeded(5),
    interval: INTERVAL,
    dead: () => [...started.dead],
    transport: {
      connect: async id => {
        started.dialled.push(id)
        if (isSlow) await new Promise<void>(resolve => started.finish.set(id, resolve))
        return 'failed'
      },
      exchange: async id => {
        started.exchanged.push(id)
        if (failsExchange) throw new Error('it is silent')
      },
      isConnected: id => started.connected.has(id)
    }
  }).start()
  return started
}

describe('the dead', () => {
  it('are redialled one at a time, one per interval, each in its turn by chance', async () => {
    const { clock, dialled } = start(['a', 'b', 'c'])
    await clock.advance(300 * INTERVAL)
    expect(dialled.length).to.be.within(270, 335)
    for (const id of ['a', 'b', 'c']) expect(dialled.filter(other => other === id).length).to.be.greaterThan(60)
  })

  it('are not dialled while a dial to them is under way, and the others are meanwhile', async () => {
    const { clock, dialled, finish } = start(['a', 'b'], { isSlow: true })
    await clock.advance(10 * INTERVAL)
    expect([...dialled].sort()).to.deep.equal(['a', 'b'])
    finish.get('a')?.()
    await clock.advance(3 * INTERVAL)
    expect([...dialled].sort()).to.deep.equal(['a', 'a', 'b'])
  })

  it('that are connected are asked for their table instead, and again when that fails', async () => {
    const { clock, connected, dialled, exchanged } = start(['a'], { failsExchange: true })
    connected.add('a')
    await clock.advance(20 * INTERVAL)
    expect(dialled).to.have.length(0)
    expect(exchanged.length).to.be.within(17, 23)
  })

  it('are left alone when they are not dead any more, and when the node stops', async () => {
    const { clock, dialled, dead, timers } = start(['a'])
    dead.delete('a')
    await clock.advance(20 * INTERVAL)
    expect(dialled).to.have.length(0)
    dead.add('a')
    timers.clear()
    await clock.advance(20 * INTERVAL)
    expect([dialled.length, clock.timers]).to.deep.equal([0, 0])
  })
})

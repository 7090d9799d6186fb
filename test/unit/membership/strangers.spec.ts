import { expect } from 'chai'
import { MAX_IN_VAIN, MAX_WAITING } from '../../../src/membership/informant.js'
import { Strangers } from '../../../src/membership/strangers.js'
import { Timers } from '../../../src/membership/timers.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { alive } from '../../support/records.js'
import { seeded } from '../../support/seeds.js'
import type { MembershipTransport } from '../../../src/membership/membership-transport.js'

type Outcome = Awaited<ReturnType<MembershipTransport['connect']>>

interface Started {
  clock: FakeClock
  strangers: Strangers
  dialled: Array<[id: string, at: number]>
  exchanged: string[]
  lies: string[]
  /** How the dial to one ends; default: refused. */
  outcomes: Map<string, Outcome | Promise<Outcome>>
}

/** The strangers of 'm'. */
function start (): Started {
  const clock = new FakeClock()
  const timers = new Timers(clock, seeded(4))
  const started: Omit<Started, 'strangers'> = { clock, dialled: [], exchanged: [], lies: [], outcomes: new Map() }
  const { dialled, exchanged, lies, outcomes } = started
  const strangers = new Strangers({
    self: 'm',
    clock,
    timers,
    random: seeded(5),
    onLie: (informant, what) => { lies.push(`${informant}: ${what}`) },
    transport: {
      connect: async id => {
        dialled.push([id, clock.now()])
        return outcomes.get(id) ?? 'refused'
      },
      exchange: async id => { exchanged.push(id) }
    }
  })
  return { ...started, strangers }
}

const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const never = new Promise<Outcome>(() => {})

describe('one who is known by hearsay', () => {
  it('is looked up at once when it is the only one, by the one of the two with the lower id; and a little later by the other one', async () => {
    for (const [id, from, to] of [['z', 0, 50], ['a', 350, 400]] as const) {
      const { clock, strangers, dialled } = start()
      strangers.introduce('x', alive(id))
      await clock.advance(1_000)
      expect(dialled).to.have.length(1)
      expect(dialled[0]?.[1]).to.be.within(from, to)
    }
  })

  it('is looked up by and by when it is one of many', async () => {
    const { clock, strangers, dialled, outcomes } = start()
    for (const id of names('z', 200)) {
      outcomes.set(id, 'connected')
      strangers.introduce('x', alive(id))
    }
    await clock.advance(500)
    const soon = dialled.length
    for (const id of names('z', 200)) strangers.settle(id)
    expect(soon).to.be.within(1, 60)
  })

  it('is no stranger any more once it has spoken, and is not looked up for nothing', async () => {
    const { clock, strangers, dialled } = start()
    strangers.introduce('x', alive('z'))
    strangers.settle('z')
    expect([strangers.size, strangers.addressesOf('z')]).to.deep.equal([0, []])
    await clock.advance(10_000)
    expect(dialled).to.deep.equal([])
  })

  it('is asked to speak when it has connected and does not do so by itself, and then forgotten', async () => {
    const { clock, strangers, exchanged, outcomes } = start()
    outcomes.set('z', 'connected')
    strangers.introduce('x', alive('z'))
    await clock.advance(500)
    expect([strangers.size, exchanged]).to.deep.equal([1, []])
    await clock.advance(100)
    expect([strangers.size, exchanged]).to.deep.equal([0, ['z']])
  })

  it('is looked for wherever anybody says that it is: a lie does not hide it', () => {
    const { strangers } = start()
    strangers.introduce('liar', { ...alive('z'), addresses: ['/nowhere'] })
    strangers.introduce('x', { ...alive('z'), addresses: ['/z', '/nowhere'] })
    strangers.introduce('x', { ...alive('z'), addresses: ['/old'] })
    expect(strangers.addressesOf('z')).to.deep.equal(['/nowhere', '/z'])
    strangers.introduce('x', { ...alive('z', 1), addresses: ['/new'] })
    expect(strangers.addressesOf('z')).to.deep.equal(['/nowhere', '/new'])
    // and first where most say
    strangers.introduce('y', { ...alive('z', 1), addresses: ['/new'] })
    expect(strangers.addressesOf('z')).to.deep.equal(['/new', '/nowhere'])
  })
})

describe('a member that names many', () => {
  it('has a bounded number of them wait, and few looked up at a time, while those that others name are looked up', async () => {
    const { clock, strangers, dialled, outcomes } = start()
    for (const id of names('z', 2 * MAX_WAITING)) {
      outcomes.set(id, never)
      strangers.introduce('liar', alive(id))
    }
    expect(strangers.size).to.equal(MAX_WAITING)
    expect(clock.timers).to.equal(MAX_WAITING)
    await clock.advance(20_000)
    expect(dialled).to.have.length(2)
    strangers.introduce('x', alive('y'))
    await clock.advance(7_000)
    expect(dialled.map(([id]) => id)).to.include('y')
  })

  it('that are there is listened to as long as it goes on', async () => {
    const { clock, strangers, dialled, outcomes, lies } = start()
    for (let round = 0; round < 5; round++) {
      for (const id of names(`z${round}-`, MAX_WAITING)) {
        outcomes.set(id, new Promise(resolve => {
          clock.setTimeout(() => {
            strangers.settle(id)
            resolve('connected')
          }, 5_000)
        }))
        strangers.introduce('x', alive(id))
      }
      await clock.advance(10_000)
      expect(strangers.size).to.equal(0)
    }
    expect(lies).to.deep.equal([])
    expect(dialled.length).to.be.greaterThan(0)
  })

  it('that are not there costs no more than so many dials, then one a second; and is told on, once each time that it is heard again', async () => {
    const { clock, strangers, dialled, lies } = start()
    let n = 0
    const tell = async (seconds: number): Promise<void> => {
      for (let i = 0; i < 10 * seconds; i++) {
        for (let k = 0; k < 50; k++) strangers.introduce('liar', alive(`z${n++}`))
        await clock.advance(100)
      }
    }
    await tell(10)
    expect(dialled.length).to.be.within(MAX_IN_VAIN, MAX_IN_VAIN + 2)
    expect(lies).to.deep.equal(['liar: its table names members that are not there'])
    await tell(100)
    expect(dialled.length).to.be.within(MAX_IN_VAIN + 80, MAX_IN_VAIN + 110)
    expect(lies.length).to.be.within(5, 8)
  })

  it('that are not there takes nobody with it: whom others name as well is looked up on their word', async () => {
    const { clock, strangers, dialled, lies } = start()
    for (const id of names('z', MAX_IN_VAIN + 10)) strangers.introduce('liar', alive(id))
    for (const by of ['liar', 'x']) strangers.introduce(by, alive('y'))
    await clock.advance(10_000)
    expect(dialled.map(([id]) => id)).to.include('y')
    expect(lies).to.have.length(1)
    expect(strangers.size).to.equal(0)
  })

  it('that cannot be reached from here does not lie', async () => {
    const { clock, strangers, outcomes, lies, dialled } = start()
    for (const id of names('z', 2 * MAX_IN_VAIN)) {
      outcomes.set(id, 'failed')
      strangers.introduce('x', alive(id))
    }
    await clock.advance(20_000)
    expect([dialled.length, lies, strangers.size]).to.deep.equal([MAX_IN_VAIN + 1, [], 0])
  })

  it('leaves nothing when the node stops', async () => {
    const { clock, strangers, dialled, outcomes } = start()
    const dial = Promise.withResolvers<Outcome>()
    outcomes.set('z', dial.promise)
    for (const id of ['z', 'y']) strangers.introduce('x', alive(id))
    await clock.advance(200)
    strangers.clear()
    dial.resolve('refused')
    await settled()
    await clock.advance(10_000)
    expect([strangers.size, dialled.length]).to.deep.equal([0, 2])
  })
})

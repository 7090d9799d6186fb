import { expect } from 'chai'
import { multiaddr } from '@multiformats/multiaddr'
import { Introductions } from '../../../src/discovery/introductions.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import type { FakeContext } from '../../support/fake-context.js'

/** The context's own id sorts before this one, and after that. */
const [HIGHER, LOWER] = ['12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg', '12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2']

function setUp (connect?: (address: string) => void | Promise<void>): FakeContext & { clock: FakeClock, introductions: Introductions, found: (...addresses: string[]) => void } {
  const clock = new FakeClock()
  const fake = fakeContext(connect)
  const introductions = new Introductions(fake.context, clock)
  return { ...fake, clock, introductions, found: (...addresses) => { introductions.found(addresses.map(address => multiaddr(address))) } }
}

describe('peers that were found', () => {
  it('are dialled at once by the one with the lower id, and a little later by the other one', async () => {
    for (const [id, pause] of [[HIGHER, 0], [LOWER, 300]] as const) {
      const { found, clock, dialled } = setUp()
      found(`/ip4/10.0.0.7/tcp/1/p2p/${id}`)
      await clock.advance(pause - 1)
      expect(dialled).to.have.length(pause === 0 ? 1 : 0)
      await clock.advance(1)
      expect(dialled).to.have.length(1)
    }
  })

  it('are not dialled when they have connected meanwhile', async () => {
    const { found, clock, dialled, connected } = setUp()
    found(`/ip4/10.0.0.7/tcp/1/p2p/${LOWER}`)
    connected.is = true
    await clock.advance(1_000)
    expect(dialled).to.deep.equal([])
  })

  it('are told apart: this node among them, and addresses without an id, do not keep the others from being tried', async () => {
    const { found, clock, dialled, context } = setUp()
    found('/ip4/10.0.0.1/tcp/1', `/ip4/10.0.0.2/tcp/1/p2p/${context.peerId.toString()}`, `/ip4/10.0.0.3/tcp/1/p2p/${HIGHER}`, `/ip4/10.0.0.4/tcp/1/p2p/${LOWER}`)
    context.connected = () => false
    await clock.advance(300)
    expect(dialled).to.deep.equal([`/ip4/10.0.0.3/tcp/1/p2p/${HIGHER}`, `/ip4/10.0.0.4/tcp/1/p2p/${LOWER}`])
  })

  it('are tried at each of their addresses, sixteen at most, until one answers; that none does is logged', async () => {
    const address = (i: number): string => `/ip4/10.0.0.${i}/tcp/1/p2p/${HIGHER}`
    const some = setUp(text => { if (!text.includes('10.0.0.2/')) throw new Error('refused') })
    some.found(...[0, 1, 2, 3].map(address))
    await some.clock.advance(0)
    expect(some.dialled).to.deep.equal([0, 1, 2].map(address))
    const none = setUp(() => { throw new Error('refused') })
    none.found(...Array.from({ length: 100 }, (_, i) => address(i)))
    await none.clock.advance(0)
    expect([none.dialled.length, none.log.lines.length]).to.deep.equal([16, 1])
  })

  it('are not dialled again while that is under way, and can be found again after it', async () => {
    const { found, clock, dialled, connected } = setUp()
    for (let i = 0; i < 5; i++) found(`/ip4/10.0.0.7/tcp/1/p2p/${LOWER}`)
    expect(clock.timers).to.equal(1)
    await clock.advance(300)
    expect(dialled).to.have.length(1)
    connected.is = false
    found(`/ip4/10.0.0.7/tcp/1/p2p/${LOWER}`)
    await clock.advance(300)
    expect(dialled).to.have.length(2)
  })

  it('are left alone after stop: no timer, no dial, no word', async () => {
    const dial = Promise.withResolvers<void>()
    const { found, clock, dialled, introductions, signals, log } = setUp(() => dial.promise)
    found(`/ip4/10.0.0.7/tcp/1/p2p/${HIGHER}`, `/ip4/10.0.0.8/tcp/1/p2p/${HIGHER}`, `/ip4/10.0.0.7/tcp/1/p2p/${LOWER}`)
    await clock.advance(0)
    introductions.stop()
    dial.reject(new Error('aborted'))
    found(`/ip4/10.0.0.7/tcp/1/p2p/${LOWER}`)
    await clock.advance(1_000)
    expect([dialled.length, clock.timers, signals[0]?.aborted, log.lines]).to.deep.equal([1, 0, true, []])
  })
})

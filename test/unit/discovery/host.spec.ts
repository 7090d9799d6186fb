import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { randomUUID } from 'node:crypto'
import { host } from '../../../src/discovery/host.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import { until } from '../../support/until.js'
import type { FakeContext } from '../../support/fake-context.js'
import type { DiscoverySource } from '../../../src/index.js'

/** A source of a node that has such an address, on the real loopback interface and a clock of the test's. */
function start (cluster: string, id: (fake: FakeContext) => string): { fake: FakeContext, clock: FakeClock, source: DiscoverySource } {
  const fake = fakeContext()
  const clock = new FakeClock()
  const peerId = fake.peers.find(peer => peer.toString() === id(fake)) ?? fake.context.peerId
  const addresses = (): ReturnType<typeof multiaddr>[] => [multiaddr(`/ip4/127.0.0.1/tcp/4001/p2p/${peerId.toString()}`)]
  const source = host({ clock })({ ...fake.context, cluster, peerId, addresses })
  return { fake, clock, source }
}

describe('host()', () => {
  it('refuses wrong options', () => {
    for (const wrong of [0, -1, NaN, Infinity, '5', null, 2 ** 31]) {
      expect(() => host({ interval: wrong as number })).to.throw(InvalidParametersError, /^host interval: expected a number from 1 to \d+, got /)
    }
    expect(() => host({ port: 5 } as never)).to.throw(InvalidParametersError, /^host options: .+, got "port"/)
    expect(() => host(5 as never)).to.throw(InvalidParametersError, /expected an object, got 5/)
  })

  it('says in the log that nobody else has answered, and no more once somebody has', async () => {
    const cluster = randomUUID()
    const one = start(cluster, ({ context }) => context.peerId.toString())
    await one.source.start()
    try {
      await one.clock.advance(6_000)
      const lines = (): number => one.fake.log.lines.filter(line => line.includes('no other process') && line.includes(cluster)).length
      expect(lines()).to.equal(2)
      const other = start(cluster, ({ peers }) => String(peers[0]))
      await other.source.start()
      try {
        await until(() => one.fake.dialled.length > 0, { what: 'the other one is found' })
      } finally {
        await other.source.stop()
      }
      await one.clock.advance(20_000)
      expect(lines()).to.equal(2)
    } finally {
      await one.source.stop()
    }
  })
})

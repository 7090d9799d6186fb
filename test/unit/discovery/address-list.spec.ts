import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { AddressList } from '../../../src/discovery/address-list.js'
import { Concurrency } from '../../../src/concurrency.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import { SEEDS, seeded } from '../../support/seeds.js'
import type { Whose } from '../../../src/discovery/address-list.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const [A, B] = ['/ip4/10.0.0.7/tcp/1', '/ip4/10.0.0.8/tcp/1'].map(text => multiaddr(text)) as [Multiaddr, Multiaddr]

interface Setup {
  list: AddressList
  clock: FakeClock
  dialled: string[]
  log: ReturnType<typeof fakeContext>['log']
  /** Who is a connected member. */
  members: Set<string>
  /** Addresses known to be somebody's. */
  known: Map<string, Whose>
  peers: readonly PeerId[]
  signals: AbortSignal[]
}

/** @param answer - who answers at an address; may throw, or take its time */
function setUp (answer: (address: string, peers: readonly PeerId[]) => PeerId | Promise<PeerId> = (_address, peers) => peers[0] as PeerId, random = () => 0.5): Setup {
  const clock = new FakeClock()
  const { log, peers } = fakeContext()
  const [dialled, members, known, signals]: [string[], Set<string>, Map<string, Whose>, AbortSignal[]] = [[], new Set(), new Map<string, Whose>(), []]
  const list = new AddressList({
    connect: async (address, { signal }) => {
      dialled.push(address.toString())
      signals.push(signal as AbortSignal)
      const peer = await answer(address.toString(), peers)
      members.add(peer.toString())
      return peer
    },
    isSettled: peer => members.has(peer.toString()),
    whose: address => known.get(address.toString()),
    dials: new Concurrency(16),
    clock,
    random,
    log
  })
  return { list, clock, dialled, log, members, known, peers, signals }
}

describe('a list of addresses', () => {
  it('is dialled once; who is connected is left alone, and dialled again when the connection is lost', async () => {
    const { list, dialled, members } = setUp()
    for (let turn = 0; turn < 5; turn++) {
      list.set([A])
      await settled()
    }
    expect(dialled).to.deep.equal([String(A)])
    members.clear()
    list.set([A])
    await settled()
    expect(dialled).to.have.length(2)
  })

  it('takes up another peer that is at an address now', async () => {
    let who = 0
    const { list, members, peers } = setUp((_address, peers) => peers[who] as PeerId)
    list.set([A])
    await settled()
    members.clear()
    who = 1
    list.set([A])
    await settled()
    expect([...members]).to.deep.equal([peers[1]?.toString()])
  })

  it('does not dial the address of a member, nor its own', async () => {
    const { list, dialled, known, log } = setUp()
    const C = multiaddr('/ip4/10.9.9.9/tcp/1')
    known.set(String(A), 'own').set(String(C), 'known')
    list.set([A, B, C])
    list.set([A, B, C])
    await settled()
    expect(dialled).to.deep.equal([String(B)])
    expect(log.lines).to.have.lengthOf(1)
    expect(log.lines[0]).to.match(/is this node's own: nobody else is found there/)
  })

  it('does not dial an address again while that is under way', async () => {
    const { list, dialled } = setUp(() => new Promise(() => {}))
    for (let turn = 0; turn < 5; turn++) list.set([A])
    await settled()
    expect(dialled).to.have.length(1)
  })

  it('tries all addresses, whatever becomes of one', async () => {
    const { list, dialled, members } = setUp((address, peers) => {
      if (address === String(A)) throw new Error('refused')
      return peers[0] as PeerId
    })
    list.set([A, B])
    await settled()
    expect(dialled).to.have.members([String(A), String(B)])
    expect(members.size).to.equal(1)
  })

  for (const seed of SEEDS) {
    it(`dials what refuses less and less often, at least once in about a minute, for ever, and says so once (seed ${seed})`, async () => {
      const { list, clock, dialled, log } = setUp(() => { throw new Error('refused') }, seeded(seed))
      const turns = async (count: number): Promise<number> => {
        const before = dialled.length
        for (let turn = 0; turn < count; turn++) {
          list.set([A])
          await clock.advance(10_000)
        }
        return dialled.length - before
      }
      expect(await turns(4)).to.be.within(3, 4)
      expect(await turns(56)).to.be.within(8, 20)
      expect(await turns(360)).to.be.within(59, 121)
      expect([log.lines.length, log.errors.length]).to.deep.equal([1, 0])
    })
  }

  it('says when a failure becomes another one, and when it is over', async () => {
    const answers: Array<string | undefined> = ['refused', 'refused', 'no route', undefined]
    const { list, clock, log } = setUp((_address, peers) => {
      const failure = answers.shift()
      if (failure !== undefined) throw new Error(failure)
      return peers[0] as PeerId
    })
    while (answers.length > 0) {
      list.set([A])
      await clock.advance(60_000)
    }
    expect(log.lines.map(line => /refused|no route|answers again/.exec(line)?.[0])).to.deep.equal(['refused', 'no route', 'answers again'])
  })

  it('dials an address that turns out to be its own no more, and says so once; a name it tries again', async () => {
    const name = multiaddr('/dns4/cache/tcp/1')
    const { list, clock, dialled, log } = setUp(() => { throw new InvalidParametersError('own') })
    for (let turn = 0; turn < 60; turn++) {
      list.set([A, name])
      await clock.advance(10_000)
    }
    expect(dialled.filter(address => address === String(A))).to.have.length(1)
    expect(dialled.filter(address => address === String(name)).length).to.be.within(8, 20)
    expect(log.errors).to.have.lengthOf(0)
    expect(log.lines.map(line => /leads to this node itself/.test(line))).to.deep.equal([true, true])
  })

  it('forgets what is listed no more, also who waits for its turn', async () => {
    const many = Array.from({ length: 20 }, (_, i) => multiaddr(`/ip4/10.0.1.${i}/tcp/1`))
    const slow = Promise.withResolvers<PeerId>()
    const { list, dialled, peers } = setUp(() => slow.promise)
    list.set(many)
    await settled()
    expect(dialled).to.have.length(16)
    list.set([A])
    slow.resolve(peers[0] as PeerId)
    await settled()
    await settled()
    expect(dialled).to.have.length(17)
    expect(dialled.at(-1)).to.equal(String(A))
  })

  it('dials new addresses before those that failed, and not in the order listed', async () => {
    const many = Array.from({ length: 12 }, (_, i) => multiaddr(`/ip4/10.0.1.${i}/tcp/1`))
    const { list, clock, dialled } = setUp(() => { throw new Error('refused') }, seeded(1))
    list.set(many.slice(0, 6))
    await clock.advance(60_000)
    expect(dialled).to.not.deep.equal(many.slice(0, 6).map(String))
    dialled.length = 0
    list.set(many)
    await settled()
    expect(new Set(dialled.slice(0, 6))).to.deep.equal(new Set(many.slice(6).map(String)))
    expect(dialled).to.have.length(12)
  })

  it('ends with stop: what is under way is aborted and not complained about, and nothing is dialled any more', async () => {
    const dial = Promise.withResolvers<PeerId>()
    const { list, dialled, signals, log } = setUp(() => dial.promise)
    list.set([A])
    await settled()
    list.stop()
    dial.reject(new Error('aborted'))
    list.set([B])
    await settled()
    expect([dialled, signals[0]?.aborted, log.lines]).to.deep.equal([[String(A)], true, []])
  })
})

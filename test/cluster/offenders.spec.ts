// What becomes of a member that breaks the rules: real nodes.

import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import * as lp from 'it-length-prefixed'
import { bootstrap } from '../../src/index.js'
import { MAX_FORGIVEN_OFFENCES, MAX_PEER_CONNECTIONS, MAX_PEER_STREAMS } from '../../src/constants.js'
import { encodeRecord } from '../../src/rpc/news-topic.js'
import { addressOf, keyOwnedBy, startCluster, startManual, startNode, stopNodes } from '../support/nodes.js'
import { rejection } from '../support/thrown.js'
import { until } from '../support/until.js'
import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { MemberRecord } from '../../src/membership/member-record.js'
import type { Connection, Stream } from '@libp2p/interface'

const RPC = '/groupcache/default/rpc/1.0.0'
const TABLES = '/groupcache/default/members/1.0.0'
const NONSENSE = Uint8Array.of(0, 0, 0, 5, 77, 0, 0, 0, 1)

/** Resolves when the victim has ended the stream. */
async function offend (offender: StandaloneGroupcache, victim: StandaloneGroupcache): Promise<void> {
  const stream = await offender.libp2p.dialProtocol(victim.multiaddrs, RPC)
  const closed = new Promise(resolve => { stream.addEventListener('close', resolve) })
  stream.send(NONSENSE)
  await closed
}

/** Resolves when the victim has read the table, or ended the stream. */
async function sendTable (offender: StandaloneGroupcache, victim: StandaloneGroupcache, records: readonly MemberRecord[]): Promise<void> {
  const stream = await offender.libp2p.dialProtocol(victim.multiaddrs, TABLES)
  const ended = new Promise(resolve => { for (const event of ['remoteCloseWrite', 'close'] as const) stream.addEventListener(event, resolve) })
  stream.addEventListener('message', () => { /* its own table */ })
  stream.send(Buffer.concat(records.map(record => lp.encode.single(encodeRecord(record)).subarray())))
  await stream.close()
  await ended
}

const sees = (node: StandaloneGroupcache): string[] => node.members.map(({ name }) => name).sort()

describe('a member that goes on breaking the rules', () => {
  afterEach(stopNodes)

  it('is refused and off the ring for a while, while the others are served; and then is a member again', async function () {
    this.timeout(60_000)
    const nodes = await startCluster(3)
    const [victim, honest, offender] = nodes as [StandaloneGroupcache, StandaloneGroupcache, StandaloneGroupcache]
    const groups = nodes.map(node => node.group<string>('group', { load: key => `value of ${key}`, hot: false })) as [Group<string>, Group<string>, Group<string>]
    const theirs = keyOwnedBy('n2', groups[0])
    for (let i = 0; i < MAX_FORGIVEN_OFFENCES; i++) await offend(offender, victim)
    expect(sees(victim)).to.deep.equal(['n0', 'n1', 'n2'])
    await offend(offender, victim)
    await until(() => sees(victim).join() === 'n0,n1', { what: 'it is off the ring' })
    await until(() => victim.libp2p.getConnections(offender.peerId).length === 0, { what: 'nothing is left of it' })
    // the others have nothing against it, and nobody is the worse for that
    expect(sees(honest)).to.deep.equal(['n0', 'n1', 'n2'])
    for (const group of groups) for (const key of ['a', 'b', 'c', 'd', theirs]) expect(await group.get(key)).to.equal(`value of ${key}`)
    await groups[1].remove(theirs)
    await until(() => sees(victim).join() === 'n0,n1,n2', { timeout: 20_000, what: 'it is a member again' })
    await until(() => victim.libp2p.getConnections(offender.peerId).length > 0, { timeout: 20_000, what: 'it is connected again' })
    expect(await groups[0].get(theirs)).to.equal(`value of ${theirs}`)
  })

  it('by naming members that are not there puts none of them on the ring, and is refused when its tables go on', async function () {
    this.timeout(60_000)
    const [victim, honest] = await startCluster(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const offender = await startNode({ name: 'n2', discovery: [bootstrap([addressOf(victim)])] })
    for (const node of [victim, honest]) await node.ready({ members: 3, signal: AbortSignal.timeout(20_000) })
    const joined = new Set<string>()
    for (const node of [victim, honest]) node.addEventListener('member:join', ({ detail }) => { joined.add(detail.peerId.toString()) })
    const own: MemberRecord = { id: offender.peerId.toString(), name: offender.name, weight: 1, state: 'alive', incarnation: 0, since: 1, addresses: [] }
    const ghosts = (count: number): Promise<MemberRecord[]> => Promise.all(Array.from({ length: count }, async (): Promise<MemberRecord> => {
      const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
      return { ...own, id, name: id, weight: 10, addresses: ['/ip4/127.0.0.1/tcp/1'] }
    }))
    const isRefused = (): boolean => !sees(victim).includes('n2')
    while (!isRefused()) {
      const named = await ghosts(250)
      for (let again = 0; again < 20 && !isRefused(); again++) await sendTable(offender, victim, [own, ...named]).catch(() => { /* it was cut off */ })
    }
    expect([joined.size, sees(honest)]).to.deep.equal([0, ['n0', 'n1', 'n2']])
    await until(() => sees(victim).join() === 'n0,n1,n2', { timeout: 20_000, what: 'it is a member again' })
  })

  it('is so in manual mode, too', async function () {
    this.timeout(60_000)
    const [victim, offender] = await startManual(2) as [StandaloneGroupcache, StandaloneGroupcache]
    for (let i = 0; i <= MAX_FORGIVEN_OFFENCES; i++) await offend(offender, victim)
    await until(() => sees(victim).join() === 'n0', { what: 'it is off the ring' })
    expect((await rejection(victim.addPeer(addressOf(offender)))).name).to.equal('PeerUnreachableError')
    await until(() => sees(victim).join() === 'n0,n1', { timeout: 20_000, what: 'it is a member again' })
  })

  it('does not get a stream for requests beyond its number: the oldest of its own ends', async () => {
    const [victim, offender] = await startManual(2) as [StandaloneGroupcache, StandaloneGroupcache]
    const streams: Stream[] = []
    // on a connection of their own: what else there is between the two is not its business
    for (let i = 0; i <= MAX_PEER_STREAMS; i++) streams.push(await offender.libp2p.dialProtocol(victim.multiaddrs, RPC))
    await until(() => streams.filter(({ status }) => status !== 'open').length > 0, { what: 'one has ended' })
    expect(streams.at(-1)?.status).to.equal('open')
  })

  it('does not get a connection beyond its number', async () => {
    const [victim, offender] = [await startNode(), await startNode({ cluster: 'another' })]
    const connections: Connection[] = []
    let refused = 0
    // one after the other: dials to one address at the same time are one
    for (let i = 0; i <= MAX_PEER_CONNECTIONS; i++) {
      try {
        connections.push(await offender.libp2p.dial(victim.multiaddrs, { force: true }))
      } catch (err) {
        expect((err as Error).name).to.equal('ConnectionClosedError')
        refused++
      }
    }
    await until(() => refused > 0 || connections.some(({ status }) => status !== 'open'), { what: 'one has ended' })
    expect(victim.libp2p.getConnections(offender.peerId).filter(({ status }) => status === 'open')).to.have.length.at.most(MAX_PEER_CONNECTIONS)
  })
})

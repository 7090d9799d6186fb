// The allow list: who is not on it neither gets in nor is a member, whatever others say.

import { expect } from 'chai'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { HandshakeRefusedError, PeerUnreachableError, bootstrap } from '../../src/index.js'
import { addressOf, startNode, stopNodes } from '../support/nodes.js'
import { rejection } from '../support/thrown.js'
import type { GroupcacheOptions, StandaloneGroupcache } from '../../src/index.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'

describe('an allow list', () => {
  let keys: PrivateKey[]
  let ids: PeerId[]

  before(async () => {
    keys = await Promise.all([1, 2, 3].map(() => generateKeyPair('Ed25519')))
    ids = keys.map(key => peerIdFromPrivateKey(key))
  })
  afterEach(stopNodes)

  function start (number: number, options: GroupcacheOptions): Promise<StandaloneGroupcache> {
    return startNode({ name: `n${number}`, privateKey: keys[number] as PrivateKey, ...options })
  }

  function names (node: StandaloneGroupcache): string[] {
    return node.members.map(({ name }) => name).sort()
  }

  for (const secret of [undefined, 'what only the members know']) {
    it(`lets in who is on it, and tells others why not, ${secret === undefined ? 'without' : 'with'} a secret`, async () => {
      const shared: GroupcacheOptions = secret === undefined ? {} : { secret }
      const a = await start(0, { ...shared, allow: [ids[1] as PeerId] })
      const b = await start(1, { ...shared, allow: [String(ids[0])], discovery: [bootstrap([addressOf(a)])] })
      const c = await start(2, shared)
      await Promise.all([a, b].map(node => node.ready({ members: 2, signal: AbortSignal.timeout(10_000) })))
      const refused = await rejection(c.addPeer(addressOf(a)))
      expect(refused).to.be.instanceOf(PeerUnreachableError)
      expect(refused.message).to.include('`allow` list').and.include(c.peerId.toString())
      for (const address of [addressOf(c), addressOf(c).replace(/\/p2p\/.*/, '')]) {
        const err = await rejection(a.addPeer(address))
        expect(err).to.be.instanceOf(HandshakeRefusedError)
        expect(err.message).to.equal(`cannot reach ${address}: this node does not let it in: check that \`allow\` lists it`)
      }
      expect([a, b, c].map(names)).to.deep.equal([['n0', 'n1'], ['n0', 'n1'], ['n2']])
    })
  }

  it('that one node has shorter than another: a member by hearsay is none', async () => {
    const a = await start(0, {})
    const discovery = [bootstrap([addressOf(a)])]
    const b = await start(1, { allow: [ids[0] as PeerId], discovery })
    await b.ready({ members: 2, signal: AbortSignal.timeout(10_000) })
    const c = await start(2, { discovery })
    await a.ready({ members: 3, signal: AbortSignal.timeout(10_000) })
    // a swap of tables afterwards: b has certainly heard of c
    await b.addPeer(addressOf(a))
    expect(names(a)).to.deep.equal(['n0', 'n1', 'n2'])
    expect(names(b)).to.deep.equal(['n0', 'n1'])
    const group = b.group<string>('group', { load: key => key })
    a.group<string>('group', { load: key => key })
    c.group<string>('group', { load: key => key })
    for (let i = 0; i < 50; i++) expect(await group.get(`k${i}`)).to.equal(`k${i}`)
  })

  it('that is empty lets nobody in', async () => {
    const a = await start(0, { allow: [] })
    const b = await start(1, {})
    expect((await rejection(b.addPeer(addressOf(a)))).name).to.equal('PeerUnreachableError')
    expect((await rejection(a.addPeer(addressOf(b)))).name).to.equal('HandshakeRefusedError')
    expect([names(a), names(b)]).to.deep.equal([['n0'], ['n1']])
  })
})

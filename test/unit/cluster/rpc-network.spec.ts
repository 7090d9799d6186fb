// Whose streams end because they are told of no removals.

import { expect } from 'chai'
import { RpcNetwork } from '../../../src/cluster/rpc-network.js'
import { View } from '../../../src/cluster/view.js'
import { LEASE } from '../../../src/constants.js'
import { FAR, NEAR, startRpcPair } from '../../support/rpc-pair.js'
import type { RpcPair } from '../../support/rpc-pair.js'

const far = FAR.toString()

/** A node with a stream to another one, which is no member. */
async function setUp (): Promise<{ pair: RpcPair, view: View, network: RpcNetwork }> {
  const pair = await startRpcPair()
  const view = new View(NEAR.toString())
  await pair.near.rpc.ping(FAR)
  return { pair, view, network: new RpcNetwork(NEAR.toString(), view, pair.near.rpc) }
}

describe('a peer with a stream', () => {
  it('that is no member is parted with', async () => {
    const { pair: { near: { rpc } }, network } = await setUp()
    expect(rpc.asked()).to.deep.equal([far])
    network.partWithUntold('members and holders')
    expect([rpc.asked(), rpc.hasStream(far)]).to.deep.equal([[], false])
  })

  it('that is a member is not', async () => {
    const { pair: { near: { rpc } }, view, network } = await setUp()
    view.put({ id: far, name: 'far', weight: 1, state: 'alive', incarnation: 0, since: 0, addresses: [] })
    network.partWithUntold('members and holders')
    expect(rpc.asked()).to.deep.equal([far])
  })

  it('that may hold a copy is told, and not parted with until its lease has ended', async () => {
    const { pair: { clock, near: { rpc }, far: { rpc: other } }, network } = await setUp()
    await other.ping(NEAR)
    network.partWithUntold('members and holders')
    expect(rpc.asked()).to.deep.equal([far])
    await clock.advance(LEASE)
    network.partWithUntold('members and holders')
    expect(rpc.asked()).to.deep.equal([])
  })

  it('that may hold a copy is parted with when only members are told', async () => {
    const { pair: { near: { rpc }, far: { rpc: other } }, network } = await setUp()
    await other.ping(NEAR)
    network.partWithUntold('members')
    expect(rpc.asked()).to.deep.equal([])
  })
})

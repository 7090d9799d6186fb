import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Admission } from '../../../src/cluster/admission.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import { A, B, C, record, viewOf } from './view-fixture.js'
import type { AdmissionInit } from '../../../src/cluster/admission.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

interface Start { admission: Admission, connecting: PromiseWithResolvers<void>, admitted: string[], expelled: string[] }

/** The port of an address says who is there. The members are A, this node, and those that were admitted and not expelled. */
function start (): Start {
  const view = viewOf(A)
  const connecting = Promise.withResolvers<void>()
  const [admitted, expelled]: [string[], string[]] = [[], []]
  const init: Pick<AdmissionInit, 'cluster' | 'self' | 'view' | 'ownAddresses' | 'isOpen' | 'admit' | 'expel'> = {
    cluster: 'c',
    self: peerIdFromString(A),
    view,
    ownAddresses: () => [],
    isOpen: () => true,
    admit: ({ id }) => {
      admitted.push(id)
      view.put(record(id))
    },
    expel: id => {
      expelled.push(id)
      view.remove(id)
    }
  }
  const idAt = (address: Multiaddr): string => [A, B, C][Number(address.getComponents()[1]?.value)] as string
  const network = {
    dialler: { connect: async (address: Multiaddr) => ({ remotePeer: peerIdFromString(idAt(address)) }), isConnected: () => true },
    exchange: { swap: async (peer: PeerId) => ({ id: peer.toString() }) },
    rpc: { connect: () => connecting.promise }
  }
  return { admission: new Admission({ ...init, ...network } as unknown as AdmissionInit), connecting, admitted, expelled }
}
const TO_B = '/ip4/127.0.0.1/tcp/1'
const TO_C = '/ip4/127.0.0.1/tcp/2'

describe('adding a peer', () => {
  it('ends with the caller\'s patience while the stream to it is being opened, and adds nobody then', async () => {
    const { admission, connecting, admitted } = start()
    const patience = new AbortController()
    const adding = admission.add(TO_B, { signal: patience.signal }).then(() => undefined, (err: Error) => err)
    await settled()
    patience.abort(new Error('no longer'))
    expect((await adding)?.message).to.equal('no longer')
    connecting.resolve()
    await settled()
    expect(admitted).to.deep.equal([])
  })

  it('does not bring back one that is removed while it is being added', async () => {
    const { admission, connecting, admitted } = start()
    const adding = rejection(admission.add(TO_B))
    await settled()
    admission.remove(peerIdFromString(B))
    connecting.resolve()
    expect(await adding).to.include({ name: 'PeerUnreachableError' }).and.to.have.property('message').that.includes('it was removed meanwhile')
    expect(admitted).to.deep.equal([])
    await admission.add(TO_B)
    expect(admitted).to.deep.equal([B])
  })
})

describe('lists of peers', () => {
  it('that come at once are applied one after the other, as they were when they came: the last one holds', async () => {
    const { admission, connecting, admitted, expelled } = start()
    const first = [TO_B]
    const all = Promise.all([admission.replace(first), admission.replace([TO_C])])
    first.push(TO_C)
    await settled()
    connecting.resolve()
    await all
    expect([admitted, expelled]).to.deep.equal([[B, C], [B]])
  })
})

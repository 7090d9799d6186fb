import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import { Admission } from '../../../src/cluster/admission.js'
import { settled } from '../../support/fake-clock.js'
import { A, B, viewOf } from './view-fixture.js'
import type { AdmissionInit } from '../../../src/cluster/admission.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'

describe('adding a peer', () => {
  it('ends with the caller\'s patience while the stream to it is being opened, and adds nobody then', async () => {
    const [self, other] = [peerIdFromString(A), peerIdFromString(B)]
    const opening = Promise.withResolvers<void>()
    const admitted: MemberRecord[] = []
    const init: Pick<AdmissionInit, 'cluster' | 'self' | 'view' | 'ownAddresses' | 'isOpen' | 'admit' | 'expel'> = {
      cluster: 'c',
      self,
      view: viewOf(A),
      ownAddresses: () => [],
      isOpen: () => true,
      admit: record => { admitted.push(record) },
      expel: () => {}
    }
    const network = {
      dialler: { connect: async () => ({ remotePeer: other }) },
      exchange: { swap: async () => ({ id: B }) },
      rpc: { connect: () => opening.promise }
    }
    const admission = new Admission({ ...init, ...network } as unknown as AdmissionInit)
    const patience = new AbortController()
    const adding = admission.add('/ip4/127.0.0.1/tcp/4001', { signal: patience.signal }).then(() => undefined, (err: Error) => err)
    await settled()
    patience.abort(new Error('no longer'))
    expect((await adding)?.message).to.equal('no longer')
    opening.resolve()
    await settled()
    expect(admitted).to.deep.equal([])
  })
})

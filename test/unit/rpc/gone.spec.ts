// Which peers are gone for certain, and what is remembered of those that no stream is left of.

import { expect } from 'chai'
import { MAX_MEMBERS } from '../../../src/constants.js'
import { PeerUnreachableError } from '../../../src/errors.js'
import { Contacts } from '../../../src/rpc/contacts.js'
import { FakeClock } from '../../support/fake-clock.js'
import { FAR, NEAR, startRpcPair } from '../../support/rpc-pair.js'
import { rejection } from '../../support/thrown.js'

const far = FAR.toString()
const refusal = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

describe('a member is gone', () => {
  const failures: Array<[string, () => Error, boolean]> = [
    ['its host refuses', refusal, true],
    ['its host refuses at every address', () => new AggregateError([refusal(), new Error('dial', { cause: refusal() })]), true],
    ['one of its addresses does not answer', () => new AggregateError([refusal(), new Error('timeout')]), false],
    ['nothing answers', () => new Error('timeout'), false]
  ]
  for (const [what, failure, isGone] of failures) {
    it(`${isGone ? '' : 'not '}when ${what}`, async () => {
      const pair = await startRpcPair()
      expect(pair.near.rpc.isGone(far)).to.equal(false)
      pair.near.dial = () => Promise.reject(failure())
      const err = await rejection(pair.near.rpc.ping(FAR))
      expect(err).to.be.instanceOf(PeerUnreachableError)
      expect([pair.near.rpc.isGone(far), err.refused]).to.deep.equal([isGone, isGone])
    })
  }

  it('until it is reached, or reaches this node', async () => {
    const returns: Array<(pair: Awaited<ReturnType<typeof startRpcPair>>) => Promise<unknown>> = [
      pair => pair.near.rpc.ping(FAR),
      pair => pair.near.rpc.connect(FAR),
      pair => pair.far.rpc.connect(NEAR),
      pair => {
        // not ready yet, but there
        pair.near.onPeer = () => new Promise(() => {})
        return pair.far.rpc.connect(NEAR)
      },
      async pair => { pair.near.rpc.reconnected(FAR) }
    ]
    for (const comeBack of returns) {
      const pair = await startRpcPair()
      pair.near.dial = () => Promise.reject(refusal())
      await rejection(pair.near.rpc.ping(FAR))
      await pair.clock.advance(1_000)
      expect(pair.near.rpc.isGone(far)).to.equal(true)
      pair.near.dial = undefined
      await comeBack(pair)
      expect(pair.near.rpc.isGone(far)).to.equal(false)
    }
  })

  it('not when it is heard on a stream of its own, whatever its addresses do', async () => {
    const pair = await startRpcPair()
    await pair.far.rpc.ping(NEAR)
    pair.near.dial = () => Promise.reject(refusal())
    await rejection(pair.near.rpc.ping(FAR))
    await pair.clock.advance(10)
    expect(pair.near.rpc.isGone(far)).to.equal(true)
    await pair.far.rpc.ping(NEAR)
    expect(pair.near.rpc.isGone(far)).to.equal(false)
  })
})

describe('what is remembered of peers', () => {
  it('is bounded: the oldest is forgotten', () => {
    const contacts = new Contacts(new FakeClock())
    for (let i = 0; i < MAX_MEMBERS; i++) {
      contacts.heard(`peer${i}`, i)
      contacts.refused(`peer${i}`)
    }
    contacts.heard('peer0', MAX_MEMBERS)
    contacts.refused('peer0')
    contacts.heard('one more', MAX_MEMBERS)
    contacts.refused('one more')
    expect(['peer0', 'peer1', 'peer2', 'one more'].map(id => contacts.heardAt(id))).to.deep.equal([MAX_MEMBERS, -Infinity, 2, MAX_MEMBERS])
    expect(['peer0', 'peer1', 'peer2', 'one more'].map(id => contacts.refusedAt(id))).to.deep.equal([0, undefined, 0, 0])
  })

  it('is nothing of those that never said anything: they make nobody be forgotten', () => {
    const contacts = new Contacts(new FakeClock())
    contacts.inboundEnded('peer', { activeAt: 5, caughtUpAt: -Infinity })
    for (let i = 0; i <= MAX_MEMBERS; i++) contacts.inboundEnded(`silent${i}`, { activeAt: -Infinity, caughtUpAt: -Infinity })
    expect([contacts.heardAt('peer'), [...contacts.leaseEnds().keys()]]).to.deep.equal([5, ['peer']])
  })

  it('is never earlier than it was', () => {
    const contacts = new Contacts(new FakeClock())
    contacts.heard('peer', 5)
    contacts.heard('peer', 3)
    expect(contacts.heardAt('peer')).to.equal(5)
  })
})

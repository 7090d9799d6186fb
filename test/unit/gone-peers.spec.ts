import { peerIdFromString } from '@libp2p/peer-id'
import { expect } from 'chai'
import { GonePeers, SWEEP_INTERVAL } from '../../src/gone-peers.js'
import { FakeClock } from '../support/fake-clock.js'
import { A, B, C } from './cluster/view-fixture.js'
import type { GonePeersInit } from '../../src/gone-peers.js'

function start (): { clock: FakeClock, gone: GonePeers, stored: Set<string>, present: Set<string>, errors: unknown[], fail: (err: Error | undefined) => void } {
  const clock = new FakeClock()
  const stored = new Set<string>([A, B, C])
  const present = new Set<string>([A, B])
  const errors: unknown[] = []
  let failure: Error | undefined
  const peerStore = {
    all: async () => {
      if (failure !== undefined) throw failure
      return [...stored].map(id => ({ id: peerIdFromString(id) }))
    },
    delete: async (peer: { toString: () => string }) => { stored.delete(peer.toString()) }
  } as unknown as GonePeersInit['peerStore']
  const logger = { forComponent: () => ({ error: (_format: string, err: unknown) => { errors.push(err) } }) } as unknown as GonePeersInit['logger']
  const gone = new GonePeers({ peerStore, isPresent: peer => present.has(peer.toString()), clock, logger })
  gone.start()
  return { clock, gone, stored, present, errors, fail: err => { failure = err } }
}

describe('what libp2p remembers of peers', () => {
  it('is forgotten of those that have gone, once a minute, and of no others', async () => {
    const { clock, stored, present } = start()
    await clock.advance(SWEEP_INTERVAL - 1)
    expect([...stored]).to.deep.equal([A, B, C])
    await clock.advance(1)
    expect([...stored]).to.deep.equal([A, B])
    present.delete(B)
    await clock.advance(SWEEP_INTERVAL)
    expect([...stored]).to.deep.equal([A])
  })

  it('is looked at again after a failure, which is in the log', async () => {
    const { clock, stored, errors, fail } = start()
    const err = new Error('no datastore')
    fail(err)
    await clock.advance(SWEEP_INTERVAL)
    expect([errors, stored.size]).to.deep.equal([[err], 3])
    fail(undefined)
    await clock.advance(SWEEP_INTERVAL)
    expect(stored.size).to.equal(2)
  })

  it('is looked at no more after a stop, also one in the middle of a look; and once a minute after a second start', async () => {
    const { clock, gone } = start()
    clock.jump(SWEEP_INTERVAL)
    gone.stop()
    await clock.advance(0)
    expect(clock.timers).to.equal(0)
    gone.start()
    gone.start()
    expect(clock.timers).to.equal(1)
  })
})

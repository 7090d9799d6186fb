import { expect } from 'chai'
import { NameTakenError } from '../../../src/errors.js'
import { Readiness } from '../../../src/cluster/readiness.js'
import { peerIdFromString } from '@libp2p/peer-id'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import { A } from './view-fixture.js'
import type { NameCheck } from '../../../src/cluster/name-check.js'

/** A cluster that grows as a test says. */
class Growing {
  size = 1
  names: Pick<NameCheck, 'taken' | 'isPending'> = { taken: undefined, isPending: false }
  readonly readiness = new Readiness(() => this.names as NameCheck, () => this.size)

  join (names = this.names): void {
    this.size++
    this.names = names
    this.readiness.recheck()
  }
}

const TAKEN = new NameTakenError({ name: 'n', peerId: peerIdFromString(A) })

describe('who waits until a node is ready', () => {
  it('is told when there are enough members', async () => {
    const cluster = new Growing()
    const ready = cluster.readiness.wait(3, undefined)
    cluster.join()
    await settled()
    cluster.join()
    await ready
  })

  it('is not told before the whole table was looked at that tells of them: the last one may have the name', async () => {
    const cluster = new Growing()
    const ready = rejection(cluster.readiness.wait(2, undefined))
    cluster.join()
    cluster.join({ taken: undefined, isPending: true })
    await settled()
    cluster.names = { taken: TAKEN, isPending: false }
    cluster.readiness.recheck()
    expect(await ready).to.equal(TAKEN)
  })

  it('waits on while it is not known whether another one has the name', async () => {
    const cluster = new Growing()
    let isReady = false
    const ready = cluster.readiness.wait(1, undefined).then(() => { isReady = true })
    cluster.join({ taken: undefined, isPending: true })
    await settled()
    expect(isReady).to.equal(false)
    cluster.names = { taken: undefined, isPending: false }
    cluster.readiness.recheck()
    await ready
  })

  it('is told why not when the node stops meanwhile', async () => {
    const cluster = new Growing()
    const ready = rejection(cluster.readiness.wait(2, undefined))
    cluster.readiness.recheck()
    cluster.readiness.fail(new Error('stopped'))
    expect((await ready).message).to.equal('stopped')
  })
})

// Whose waiters have left at other processes, a load is stopped where it runs.

import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { until } from '../support/until.js'
import { endWorkers, startWorkers } from '../support/worker-process.js'
import type { WorkerProcess } from '../support/worker-process.js'

describe('a get of another process\'s key that is aborted', function () {
  this.timeout(60_000)
  let asking: WorkerProcess
  let another: WorkerProcess
  let owning: WorkerProcess
  /** Owned by `owning`, and loaded there until it is released. */
  let key: string

  before(async () => {
    [asking, another, owning] = await startWorkers(3, { cluster: randomUUID(), discovery: 'host' }) as [WorkerProcess, WorkerProcess, WorkerProcess]
  })
  after(endWorkers)

  let tried = 0
  async function keyOfOwner (prefix: string): Promise<string> {
    for (;;) {
      const key = `${prefix}${tried++}`
      const owners = await Promise.all([asking, another, owning].map(worker => worker.call('owner', key)))
      if (owners.every(owner => owner === owning.name)) return key
    }
  }
  beforeEach(async () => { key = await keyOfOwner('held') })

  async function loadsOfKey (): Promise<Array<{ key: string, isAborted: boolean }>> {
    return (await owning.call('heldLoads')).filter(load => load.key === key)
  }
  async function isLoading (): Promise<void> {
    await until(async () => (await loadsOfKey()).length === 1, { what: 'the load at the owner' })
  }
  async function isAborted (): Promise<void> {
    await until(async () => (await loadsOfKey()).every(load => load.isAborted), { what: 'the abort at the owner' })
  }
  /** Requests to one member travel in order: when a later one is answered, the earlier ones have arrived. */
  async function roundTrip (from: WorkerProcess): Promise<void> {
    await from.call('get', await keyOfOwner('other'))
  }
  /** Both wait for the one load. */
  async function bothWait (): Promise<void> {
    for (const worker of [asking, another]) {
      await worker.call('beginGet', key)
      await isLoading()
      await roundTrip(worker)
    }
  }

  it('aborts the load at its owner when nobody else waits', async () => {
    await asking.call('beginGet', key)
    await isLoading()
    expect(await asking.call('abortGet', key)).to.equal('AbortError')
    await isAborted()
  })

  it('leaves the load alone while a third process waits for it', async () => {
    await bothWait()
    expect(await asking.call('abortGet', key)).to.equal('AbortError')
    await roundTrip(asking)
    expect(await loadsOfKey()).to.deep.equal([{ key, isAborted: false }])
    await owning.call('release', key)
    expect(await another.call('outcome', key)).to.equal(`${key} from ${owning.name}`)
    expect(await loadsOfKey()).to.have.length(1)
  })

  it('leaves the load alone while the owner itself waits for it', async () => {
    await owning.call('beginGet', key)
    await isLoading()
    await asking.call('beginGet', key)
    await roundTrip(asking)
    expect(await asking.call('abortGet', key)).to.equal('AbortError')
    await roundTrip(asking)
    expect(await loadsOfKey()).to.deep.equal([{ key, isAborted: false }])
    expect(await owning.call('abortGet', key)).to.equal('AbortError')
    await isAborted()
  })

  it('aborts the load when the last of several processes has left', async () => {
    await bothWait()
    expect(await asking.call('abortGet', key)).to.equal('AbortError')
    await roundTrip(asking)
    expect(await loadsOfKey()).to.deep.equal([{ key, isAborted: false }])
    expect(await another.call('abortGet', key)).to.equal('AbortError')
    await isAborted()
  })

  it('is loaded anew for who asks after the abort', async () => {
    await asking.call('beginGet', key)
    await isLoading()
    await asking.call('abortGet', key)
    await isAborted()
    await another.call('beginGet', key)
    await until(async () => (await loadsOfKey()).length === 2, { what: 'the second load' })
    await owning.call('release', key)
    expect(await another.call('outcome', key)).to.equal(`${key} from ${owning.name}`)
  })
})

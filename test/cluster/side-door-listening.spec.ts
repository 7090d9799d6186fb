// A side door that cannot be opened.

import { expect } from 'chai'
import { createSideDoor } from '../../src/side-door/index.js'
import { stopClusters } from '../support/clusters.js'
import { closeDoors, openDoor } from '../support/side-doors.js'
import { rejection } from '../support/thrown.js'

describe('a side door that cannot be opened', () => {
  afterEach(async () => {
    await closeDoors()
    await stopClusters()
  })

  it('leaves no group where it cannot listen, so that it may be opened elsewhere', async () => {
    const { port, cache } = await openDoor()
    const options = { cache, groups: { pages: {} } }
    expect((await rejection(createSideDoor({ ...options, port })) as NodeJS.ErrnoException).code).to.equal('EADDRINUSE')
    const door = await createSideDoor({ ...options, port: 0 })
    expect(await (await fetch(`${door.url}/v1/pages/none`)).text()).to.equal('')
    await door.close()
  })

  it('listens no more where its groups are there already', async () => {
    const { cache } = await openDoor({ groups: { pages: {} } })
    const other = await createSideDoor({ cache, groups: { others: {} }, port: 0 })
    await other.close()
    expect((await rejection(createSideDoor({ cache, groups: { more: {}, pages: {} }, port: other.port }))).name).to.equal('DuplicateGroupError')
    expect(Object.keys(cache.stats().groups)).to.deep.equal(['pages', 'others'])
    expect((await rejection(fetch(`${other.url}/healthz`))).name).to.equal('TypeError')
  })
})

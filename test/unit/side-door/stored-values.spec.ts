// Values of a side door that another member stored, and no side door would have.

import { expect } from 'chai'
import { createDoorApp } from '../../../src/side-door/app.js'
import { encodeEnvelope } from '../../../src/side-door/envelope.js'
import { sideDoorSettings } from '../../../src/side-door/options.js'
import { startNode, stopNodes } from '../../support/nodes.js'

describe('a value that a member stored in the side door\'s place', () => {
  afterEach(stopNodes)

  it('is answered with no greater age, nor time that is left, than a header may say', async () => {
    const app = createDoorApp(sideDoorSettings({ cache: await startNode(), groups: { g: {} } }))
    const answer = async (storedAt: number, fresh: number): Promise<Array<string | null>> => {
      await app.groups.get('g')?.set('k', encodeEnvelope({ status: 200, storedAt, fresh, staleWhileRevalidate: 0, staleIfError: 0, headers: {}, body: new Uint8Array(1) }))
      const { headers } = await app.fetch(new Request('http://127.0.0.1:4580/v1/g/k'), { incoming: { url: '/v1/g/k', headers: { host: '127.0.0.1:4580' }, socket: { remoteAddress: '127.0.0.1' } }, outgoing: {} })
      return [headers.get('age'), headers.get('cache-status')]
    }
    expect(await answer(-1e300, 1_000)).to.deep.equal(['2147483648', 'groupcache; hit; ttl=-2147483647'])
    expect(await answer(1e300, 1e300)).to.deep.equal(['0', 'groupcache; hit; ttl=2147483648'])
    app.close()
  })
})

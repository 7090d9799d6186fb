// Values of up to 64 MiB between real nodes.

import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { bytes } from '../../src/index.js'
import { MAX_VALUE_BYTES } from '../../src/constants.js'
import { stopClusters, testNodes } from '../support/clusters.js'
import type { Group } from '../../src/index.js'

describe('large values', function () {
  this.timeout(60_000)
  const large = randomBytes(MAX_VALUE_BYTES)
  let groups: Array<Group<Uint8Array>>

  beforeEach(async () => {
    const nodes = await testNodes(2)
    groups = nodes.map(node => node.group<Uint8Array>('files', {
      codec: bytes(),
      load: key => key.startsWith('large') ? large : Buffer.from(key)
    }))
  })
  afterEach(stopClusters)

  /** Of keys that the other node owns. */
  function ownedElsewhere (group: Group<Uint8Array>, prefix: string, count: number): string[] {
    const keys: string[] = []
    for (let i = 0; keys.length < count; i++) if (!group.owner(`${prefix}-${i}`).self) keys.push(`${prefix}-${i}`)
    return keys
  }

  it('arrive as they are, and small ones are answered before them', async () => {
    const [group] = groups as [Group<Uint8Array>]
    const [key = ''] = ownedElsewhere(group, 'large', 1)
    const small = ownedElsewhere(group, 'small', 200)
    // in the owner's memory, so that what is compared is the way here
    await Promise.all(small.map(key => group.get(key)))
    const order: string[] = []
    const largest = group.get(key).then(value => { order.push('large'); return value })
    const answers = await Promise.all(small.map(key => group.get(key).finally(() => { order.push('small') })))
    expect(answers.map(answer => Buffer.from(answer).toString())).to.deep.equal(small)
    expect(large.equals(await largest)).to.equal(true)
    expect(order.indexOf('large')).to.equal(small.length)
  })

  it('are the same kind of bytes, whoever loads them', async () => {
    const [group, other] = groups as [Group<Uint8Array>, Group<Uint8Array>]
    for (const key of [...ownedElsewhere(group, 'small', 1), ...ownedElsewhere(group, 'long'.repeat(1_000), 1)]) {
      const values = [await group.get(key), await group.get(key), await other.get(key), await other.get(key)]
      for (const value of values) expect([Object.getPrototypeOf(value) === Uint8Array.prototype, Buffer.from(value).toString()]).to.deep.equal([true, key])
    }
  })

  it('are set at their owner', async () => {
    const [group, other] = groups as [Group<Uint8Array>, Group<Uint8Array>]
    const [key = ''] = ownedElsewhere(group, 'file', 1)
    const value = large.subarray(0, 30_000_000)
    await group.set(key, value)
    expect(value.equals(await other.get(key))).to.equal(true)
    expect(value.equals(await group.get(key))).to.equal(true)
  })
})

import { expect } from 'chai'
import { AbortError } from '@libp2p/interface'
import { show } from '../../../src/errors.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'

describe('what a get is given', () => {
  it('takes any well-formed key: with slashes, spaces, commas, beyond ASCII, empty', async () => {
    const net = new GroupNetwork('b', 'a')
    net.node('b').group()
    const group = net.node('a').group()
    for (const key of ['', '/', 'a b', 'a,b', '日本', '__proto__', 'constructor', '\0', '😀']) {
      expect(await group.get(key)).to.equal(`${key} from b`)
      expect(group.peek(key)).to.equal(`${key} from b`)
    }
  })

  for (const key of ['\ud800', 'a\udc00b', 'k'.repeat(65_536), 'é'.repeat(40_000), 5, undefined, null, {}]) {
    it(`refuses the key ${show(key)}, and counts nothing`, async () => {
      const group = new GroupNetwork('a').node('a').group()
      const err = await rejection(group.get(key as string))
      expect(err.name).to.equal('InvalidParametersError')
      expect(err.message).to.match(/^key: expected .+, got /)
      expect(() => group.peek(key as string)).to.throw(/^key: /)
      expect((await rejection(group.remove(key as string))).name).to.equal('InvalidParametersError')
      expect(group.stats().gets).to.equal(0)
    })
  }

  for (const timeout of [Infinity, NaN, -1, '5', 2 ** 31]) {
    it(`refuses the timeout ${String(timeout)} (${typeof timeout}), which no timer can keep`, async () => {
      const { load } = gate()
      const group = new GroupNetwork('a').node('a').group({ load })
      const get = rejection(group.get('k', { timeout: timeout as number }))
      await settled()
      group.close()
      expect((await get).message).to.match(/timeout: expected .+, got /)
    })
  }

  it('with a signal that is aborted already asks nobody and is not counted', async () => {
    const group = new GroupNetwork('a').node('a').group()
    expect(await rejection(group.get('k', { signal: AbortSignal.abort() }))).to.be.instanceOf(DOMException)
    expect(await rejection(group.get('k', { signal: AbortSignal.abort('a string') }))).to.be.instanceOf(AbortError)
    expect(group.stats()).to.include({ gets: 0, loads: 0 })
  })
})

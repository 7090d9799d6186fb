import { expect } from 'chai'
import { AbortError, InvalidParametersError } from '@libp2p/interface'
import { show } from '../../../src/errors.js'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { Group } from '../../../src/index.js'

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

  it('refuses a signal where its options should be', async () => {
    const group = new GroupNetwork('a').node('a').group()
    expect((await rejection(group.get('k', AbortSignal.timeout(1_000) as never))).message).to.match(/^options: expected an object of options, such as \{ signal \}, got /)
  })

  it('with a signal that is aborted already asks nobody and is not counted', async () => {
    const group = new GroupNetwork('a').node('a').group()
    expect(await rejection(group.get('k', { signal: AbortSignal.abort() }))).to.be.instanceOf(DOMException)
    expect(await rejection(group.get('k', { signal: AbortSignal.abort('a string') }))).to.be.instanceOf(AbortError)
    expect(group.stats()).to.include({ gets: 0, loads: 0 })
  })

  it('may share a signal with as many as there are: Node warns of none', async () => {
    const group = new GroupNetwork('a').node('a').group({ load: () => new Promise(() => {}) })
    const { signal } = new AbortController()
    const warnings: string[] = []
    const onWarning = ({ message }: Error): void => { warnings.push(message) }
    process.on('warning', onWarning)
    for (let i = 0; i < 20; i++) {
      for (const work of [group.get('k', { signal }), group.getMany(['k'], { signal }), group.remove(`k${i}`, { signal }), group.locate('k', { signal })]) work.catch(() => {})
    }
    await new Promise(resolve => { setTimeout(resolve, 10) })
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
  })

  it('takes a signal that is not one of Node\'s', async () => {
    const listeners = new Set<() => void>()
    const signal = {
      aborted: false,
      reason: new Error('enough'),
      addEventListener (_type: string, listener: () => void) { listeners.add(listener) },
      removeEventListener (_type: string, listener: () => void) { listeners.delete(listener) }
    }
    const group = new GroupNetwork('a').node('a').group({ load: key => key === 'k' ? key : new Promise<string>(() => {}) })
    expect(await group.get('k', { signal: signal as unknown as AbortSignal, timeout: 1_000 })).to.equal('k')
    const hanging = rejection(group.get('never', { signal: signal as unknown as AbortSignal }))
    for (const listener of [...listeners]) listener()
    expect(await hanging).to.equal(signal.reason)
    expect(listeners.size).to.equal(0)
  })
})

describe('the options of a call', () => {
  type Call = [name: string, call: (group: Group<string>, options: never) => Promise<unknown>]
  const reads: Call[] = [
    ['get', (group, options) => group.get('k', options)],
    ['getMany', (group, options) => group.getMany(['k'], options)],
    ['getManySettled', (group, options) => group.getManySettled(['k'], options)]
  ]
  const writes: Call[] = [
    ['remove', (group, options) => group.remove('k', options)],
    ['removeMany', (group, options) => group.removeMany(['k'], options)],
    ['removeByTag', (group, options) => group.removeByTag('t', options)],
    ['clear', (group, options) => group.clear(options)]
  ]
  const set: Call = ['set', (group, options) => group.set('k', 'v', options)]
  const all = [...reads, ...writes, set]

  async function refusal ([, call]: Call, options: unknown): Promise<string> {
    const group = new GroupNetwork('a').node('a').group({ load: () => 'loaded' })
    await group.get('k')
    const before = group.stats()
    const err = await rejection(call(group, options as never))
    expect(err, err.message).to.be.instanceOf(InvalidParametersError)
    expect([group.stats(), group.peek('k')], 'nothing was done').to.deep.equal([before, 'loaded'])
    return err.message
  }

  for (const call of all) {
    it(`${call[0]} takes none, undefined, and an empty object`, async () => {
      for (const options of [[], [undefined], [{}], [{ signal: undefined }]]) await call[1](new GroupNetwork('a').node('a').group(), ...options as [never])
    })

    for (const wrong of [null, 5, 'x', []]) {
      it(`${call[0]} refuses ${show(wrong)} in their place`, async () => {
        expect(await refusal(call, wrong)).to.equal(`options: expected an object, got ${show(wrong)}`)
      })
    }

    for (const signal of [null, {}, 'x', new AbortController()]) {
      it(`${call[0]} refuses the signal ${show(signal)}`, async () => {
        expect(await refusal(call, { signal })).to.equal(`signal: expected an AbortSignal, got ${show(signal)}`)
      })
    }

    it(`${call[0]} refuses a name that is mistyped, with those there are`, async () => {
      expect(await refusal(call, { singal: AbortSignal.abort() })).to.match(/^options: expected options among .*signal.*, got "singal"$/)
    })

    it(`${call[0]} rejects with the reason of a signal that is aborted already, and does nothing`, async () => {
      const group = new GroupNetwork('a').node('a').group()
      await group.get('k')
      const before = group.stats()
      const reason = new Error('mine')
      expect(await rejection(call[1](group, { signal: AbortSignal.abort(reason) } as never))).to.equal(reason)
      expect([group.stats(), group.peek('k')]).to.deep.equal([before, 'k from a'])
    })
  }

  for (const call of reads) {
    for (const timeout of [-1, NaN, Infinity, '5', null, 2 ** 31]) {
      it(`${call[0]} refuses the timeout ${show(timeout)}`, async () => {
        expect(await refusal(call, { timeout })).to.equal(`timeout: expected a number from 0 to 2147483647, got ${show(timeout)}`)
      })
    }
  }

  for (const ttl of [-1, NaN, '5', null]) {
    it(`set refuses the ttl ${show(ttl)}`, async () => { expect(await refusal(set, { ttl })).to.equal(`ttl: expected a number from 0 on, got ${show(ttl)}`) })
  }

  it('set refuses tags that are none', async () => {
    expect(await refusal(set, { tags: 't' })).to.equal('tags: expected an array of strings, got "t"')
    expect(await refusal(set, { tags: [''] })).to.equal('a tag in tags: expected a well-formed string of 1 to 255 bytes, got ""')
  })

  for (const tag of ['', 5, undefined, '\ud800', 't'.repeat(256)]) {
    it(`removeByTag refuses the tag ${show(tag)}`, async () => {
      expect(await refusal(['removeByTag', group => group.removeByTag(tag as string)], undefined)).to.equal(`tag: expected a well-formed string of 1 to 255 bytes, got ${show(tag)}`)
    })
  }
})

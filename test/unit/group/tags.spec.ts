import { expect } from 'chai'
import { LoadError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import type { LoadContext } from '../../../src/index.js'

/** The tags of a key are what stands before its colon, a letter each. */
const load = (key: string, context: LoadContext): string => {
  context.setTags([...(key.split(':')[0] ?? '')])
  return key
}

describe('removeByTag', () => {
  it('removes what has the tag, of any owner, and nothing else', async () => {
    const net = new GroupNetwork('b', 'a')
    const [b, a] = [net.node('b').group({ load }), net.node('a').group({ load })]
    const keys = ['x:1', 'xy:2', 'y:3', ':4']
    await a.getMany(keys)
    await a.removeByTag('x')
    for (const group of [a, b]) expect(keys.map(key => group.peek(key))).to.deep.equal([undefined, undefined, 'y:3', ':4'])
    await b.removeByTag('nobody has it')
    expect(a.peek('y:3')).to.equal('y:3')
  })

  it('takes what was loaded with the tags that the loader said last', async () => {
    const group = new GroupNetwork('a').node('a').group({ load: (_key, context) => { context.setTags(['first']); context.setTags(['last']); return 'v' } })
    await group.get('k')
    await group.removeByTag('first')
    expect(group.peek('k')).to.equal('v')
    await group.removeByTag('last')
    expect(group.peek('k')).to.equal(undefined)
  })

  it('takes what was set with tags, and its copies', async () => {
    const net = new GroupNetwork('b', 'a', 'c')
    const [b, a, c] = [net.node('b').group({ load }), net.node('a').group({ load }), net.node('c').group({ load })]
    await a.set('k', 'set', { tags: ['x', 'y'] })
    expect([await c.get('k'), await a.get('k')]).to.deep.equal(['set', 'set'])
    await c.removeByTag('y')
    expect([a, b, c].map(group => group.peek('k'))).to.deep.equal([undefined, undefined, undefined])
  })

  it('does not take what was set anew without the tag', async () => {
    const group = new GroupNetwork('a').node('a').group({ load })
    await group.set('k', 'tagged', { tags: ['x'] })
    await group.set('k', 'untagged')
    await group.removeByTag('x')
    expect(group.peek('k')).to.equal('untagged')
  })

  for (const wrong of ['x', [5], [''], null] as unknown[]) {
    it(`of tags that the loader may not say (${JSON.stringify(wrong)}): that fails the load, which says so`, async () => {
      const group = new GroupNetwork('a').node('a').group({ load: (_key, context) => { context.setTags(wrong as string[]); return 'v' } })
      const err = await rejection(group.get('k'))
      expect(err).to.be.instanceOf(LoadError)
      expect((err.cause as Error).message).to.match(/setTags: expected /)
    })
  }
})

describe('a flight under way when a tag is removed', () => {
  function underWay (tags: string[]): { net: GroupNetwork, owner: ReturnType<GroupNetwork['node']>['handle'], group: ReturnType<GroupNetwork['node']>['handle'], runs: () => number, end: (value: string) => void } {
    const net = new GroupNetwork('b', 'a')
    const gates: Array<PromiseWithResolvers<string>> = []
    const slow = async (_key: string, context: LoadContext): Promise<string> => {
      const gate = Promise.withResolvers<string>()
      gates.push(gate)
      const value = await gate.promise
      context.setTags(tags)
      return value
    }
    const [owner, group] = [net.node('b').group({ load: slow }), net.node('a').group({ load: slow })]
    return { net, owner: owner as never, group: group as never, runs: () => gates.length, end: value => { gates.shift()?.resolve(value) } }
  }

  it('is kept when its result turns out not to have it', async () => {
    const { owner, group, end } = underWay(['y'])
    const get = group.get('k')
    await settled()
    await group.removeByTag('x')
    end('v')
    expect([await get, owner.peek('k'), group.peek('k')]).to.deep.equal(['v', 'v', 'v'])
  })

  it('is answered and not kept when it has', async () => {
    const { owner, group, end } = underWay(['y', 'x'])
    const get = group.get('k')
    await settled()
    await group.removeByTag('x')
    end('v')
    expect([await get, owner.peek('k'), group.peek('k')]).to.deep.equal(['v', undefined, undefined])
  })

  it('is not joined by gets that come after, since nobody knows what it will have; the later result is the one that stays', async () => {
    const { owner, group, runs, end } = underWay(['y'])
    const before = group.get('k')
    await settled()
    await group.removeByTag('x')
    const after = group.get('k')
    await settled()
    expect(runs()).to.equal(2)
    const first = before.then(value => [value, owner.peek('k')])
    end('old')
    expect(await first).to.deep.equal(['old', undefined])
    end('new')
    expect([await after, owner.peek('k'), group.peek('k')]).to.deep.equal(['new', 'new', 'new'])
  })

  it('is not kept when its key is removed besides, whatever its tags', async () => {
    const { owner, group, end } = underWay([])
    const get = group.get('k')
    await settled()
    await group.removeByTag('x')
    await group.remove('k')
    end('v')
    expect([await get, owner.peek('k'), group.peek('k')]).to.deep.equal(['v', undefined, undefined])
  })
})

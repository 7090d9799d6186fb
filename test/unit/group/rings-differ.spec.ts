// Members that do not agree who owns a key: nothing of what was removed is left anywhere.

import { expect } from 'chai'
import { GroupNetwork, gate } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { watch } from '../coherence/fake-network.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'
import type { LoadContext } from '../../../src/index.js'

const NAMES = ['a', 'b', 'c', 'd'] as const

/** a thinks that b owns the key, b that c does; c and d think what `of` says. */
async function disagreeing (of: { c: string[], d: string[] }): Promise<{ net: GroupNetwork, groups: Array<GroupHandle<string>>, runs: () => number }> {
  const net = new GroupNetwork(...NAMES)
  let runs = 0
  const load = (_key: string, context: LoadContext): string => { context.setTags(['t']); return `v${++runs}` }
  const groups = NAMES.map(name => net.node(name).group({ load }))
  net.setRing(['b', 'c', 'd', 'a'], 'a')
  net.setRing(['c', 'b', 'd', 'a'], 'b')
  net.setRing(of.c, 'c')
  net.setRing(of.d, 'd')
  // the change of the ring is long ago
  await net.clock.advance(60_000)
  return { net, groups, runs: () => runs }
}

const views: Array<[string, { c: string[], d: string[] }]> = [
  ['c is the owner in its own view', { c: ['c', 'a', 'b', 'd'], d: ['d', 'a', 'b', 'c'] }],
  ['each thinks it is the next one', { c: ['d', 'a', 'b', 'c'], d: ['a', 'b', 'c', 'd'] }],
  ['some know only some of the others', { c: ['c', 'b'], d: ['d', 'c'] }]
]
const ways: Array<[string, (group: GroupHandle<string>) => Promise<void>]> = [
  ['remove', group => group.remove('k')], ['removeByTag', group => group.removeByTag('t')], ['clear', group => group.clear()], ['set', group => group.set('k', 'v1000')]
]

for (const [what, of] of views) {
  describe(`when the rings differ and ${what}`, () => {
    for (const [way, work] of ways) {
      for (const from of NAMES) {
        it(`a ${way} at ${from} leaves no old value at any member that it knows of, however far`, async () => {
          const { net, groups, runs } = await disagreeing(of)
          await Promise.all(groups.map(group => group.get('k')))
          await Promise.all(groups.map(group => group.get('k')))
          const before = runs()
          await work(net.node(from).handle as GroupHandle<string>)
          const known = NAMES.filter(name => name === from || net.node(from).ring.includes(name))
          for (const name of known) {
            const value = await net.node(name).handle.get('k') as string
            expect(Number(value.slice(1)), `${value} at ${name}`).to.be.greaterThan(before)
          }
          expect(net.clock.timers).to.equal(0)
        })
      }
    }
  })
}

describe('a load that began before its key was lost', () => {
  it('is not kept when the key comes back, although nobody told of what was removed meanwhile', async () => {
    const net = new GroupNetwork('a', 'b', 'c')
    const { load, resolve } = gate()
    const a = net.node('a').group({ load })
    for (const name of ['b', 'c']) net.node(name).group()
    const before = a.get('k')
    await settled()
    net.setRing(['b', 'a'], 'a')
    net.setRing(['b', 'c'], 'b', 'c')
    await net.node('b').handle.remove('k')
    expect(net.requests.some(request => request.includes('→a')), 'a was told').to.equal(false)
    net.setRing(['a', 'b', 'c'])
    resolve('old')
    expect([await before, a.peek('k')]).to.deep.equal(['old', undefined])
  })
})

describe('what moved to a new owner', () => {
  /** c had the key before a; b does not know yet that it has it no more. All tell who is told. */
  async function moved (load: (key: string, context: LoadContext) => string): Promise<{ net: GroupNetwork, groups: Array<GroupHandle<string>> }> {
    const net = new GroupNetwork('c', 'a', 'b')
    const groups = ['a', 'b', 'c'].map(name => net.node(name).group({ load }))
    expect(await groups[2]?.get('k')).to.equal('v1')
    net.setRing(['a', 'c', 'b'], 'a', 'c')
    net.node('a').former = { id: 'c', since: net.clock.now() }
    return { net, groups }
  }

  it('is not fetched from a former owner that has yet to be told of a remove, by a new owner that has been', async () => {
    let runs = 0
    const { net, groups: [a, b] } = await moved(() => `v${++runs}`)
    net.setRing(['b', 'a', 'c'], 'b')
    const late = Promise.withResolvers<void>()
    net.beforeWork = (_from, to, verb) => verb === 'forget' && to === 'c' ? late.promise : undefined
    const removed = watch((b as GroupHandle<string>).remove('k'))
    await settled()
    expect(await a?.get('k'), 'while c is not told').to.equal('v2')
    late.resolve()
    await settled()
    expect(removed.isOver).to.equal(true)
    expect(await a?.get('k')).to.not.equal('v1')
  })

  it('is not kept when it left with a tag before its owner was told that the tag is removed, and arrives after', async () => {
    let runs = 0
    const { net, groups: [a] } = await moved((_key, context) => { context.setTags(['t']); return `v${++runs}` })
    const [late, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    net.beforeWork = (_from, to, verb) => to === 'c' && verb !== 'moved' ? late.promise : undefined
    net.beforeAnswer = (_from, _to, verb) => verb === 'moved' ? slow.promise : undefined
    const removed = watch((a as GroupHandle<string>).removeByTag('t'))
    await settled()
    const during = (a as GroupHandle<string>).get('k')
    await settled()
    late.resolve()
    await settled()
    expect(removed.isOver).to.equal(true)
    slow.resolve()
    await during
    expect(a?.peek('k')).to.not.equal('v1')
  })
})

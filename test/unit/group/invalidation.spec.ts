// What the ways to remove have in common, on several nodes: wherever a value is, it is gone.

import { expect } from 'chai'
import { LEASE } from '../../../src/constants.js'
import { OverloadedError } from '../../../src/errors.js'
import { GroupNetwork } from '../../support/group-network.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'
import { watch } from '../coherence/fake-network.js'
import type { GroupHandle } from '../../../src/group/group-handle.js'
import type { GroupOptions, LoadContext } from '../../../src/index.js'

type Handle = GroupHandle<string>

interface Four { net: GroupNetwork, groups: Handle[], runs: () => number, get: (name: string) => Promise<string> }

/** Nodes whose loads, of all of them together, bring v1, v2, …, tagged 't'. */
function nodes (names: string[], options: Partial<GroupOptions<string>> = {}): Four {
  const net = new GroupNetwork(...names)
  let runs = 0
  const load = (_key: string, context: LoadContext): string => {
    context.setTags(['t'])
    return `v${++runs}`
  }
  const groups = names.map(name => net.node(name).group({ load, ...options }))
  return { net, groups, runs: () => runs, get: name => net.node(name).handle.get('k') as Promise<string> }
}

const ways: Array<[string, (group: Handle) => Promise<void>]> = [
  ['remove', group => group.remove('k')],
  ['removeMany', group => group.removeMany(['other', 'k'])],
  ['removeByTag', group => group.removeByTag('t')],
  ['clear', group => group.clear()],
  ['set', group => group.set('k', 'set')]
]

for (const [way, work] of ways) {
  const isSet = way === 'set'

  describe(`a ${way}`, () => {
    for (const from of ['b', 'a']) {
      it(`${from === 'b' ? 'at the owner' : 'from afar'} leaves no old value at any of four nodes: main, hot, peeked or asked for`, async () => {
        const { net, groups, runs } = nodes(['b', 'a', 'c', 'd'])
        await Promise.all(groups.map(group => group.get('k')))
        expect(groups.map(group => group.peek('k'))).to.deep.equal(['v1', 'v1', 'v1', 'v1'])
        await work(net.node(from).handle as Handle)
        expect(groups.map(group => group.peek('k'))).to.deep.equal([isSet ? 'set' : undefined, undefined, undefined, undefined])
        for (const group of groups) expect(await group.get('k')).to.equal(isSet ? 'set' : 'v2')
        expect(runs()).to.equal(isSet ? 1 : 2)
      })
    }

    it('leaves nothing of what members loaded in place of an owner that is certainly dead', async () => {
      const { net, groups, get } = nodes(['x', 'b', 'a', 'c'])
      net.node('x').isUp = false
      for (const name of ['a', 'c', 'b']) await get(name)
      expect(groups.slice(1).some(group => group.peek('k') === 'v1')).to.equal(true)
      await work(net.node('a').handle as Handle)
      for (const name of ['a', 'b', 'c']) expect(await get(name)).to.equal(isSet ? 'set' : 'v2')
      expect(net.clock.now(), 'it was not waited for').to.equal(0)
    })

    it('takes flights off their key, at the owner and at who asks: they are not joined and not kept', async () => {
      const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
      let runs = 0
      const load = async (_key: string, context: LoadContext): Promise<string> => {
        const gate = gates[runs++]
        context.setTags(['t'])
        return (gate as PromiseWithResolvers<string>).promise
      }
      const { net, groups: [b, a, c] } = nodes(['b', 'a', 'c'], { load }) as Four & { groups: [Handle, Handle, Handle] }
      const before = [b.get('k'), a.get('k'), c.get('k')]
      await settled()
      await work(a)
      const after = [b.get('k'), a.get('k'), c.get('k')]
      await settled()
      gates[1]?.resolve('new')
      expect(await Promise.all(after)).to.deep.equal(Array(3).fill(isSet ? 'set' : 'new'))
      gates[0]?.resolve('old')
      expect(await Promise.all(before)).to.deep.equal(['old', 'old', 'old'])
      for (const name of ['b', 'a', 'c']) expect(net.node(name).handle.peek('k')).to.equal(isSet ? 'set' : 'new')
      expect(runs).to.equal(isSet ? 1 : 2)
    })

    if (way === 'removeByTag' || way === 'clear') {
      it('is not over while a member cannot be asked, which owns something, too; when it is off the ring, its lease is waited out', async () => {
        const { net, groups: [b], get } = nodes(['b', 'a', 'c']) as Four & { groups: [Handle] }
        await get('c')
        net.loseTouch('c')
        const watched = watch(work(b))
        await net.clock.advance(2 * LEASE)
        expect(watched.isOver).to.equal(false)
        net.setRing(['b', 'a'], 'b', 'a')
        await net.clock.advance(LEASE)
        expect(watched.isOver).to.equal(true)
      })
    } else {
      it('waits for a member that does not confirm until its lease has ended, to the millisecond: its copy dies just then', async () => {
        const { net, groups: [b, , c], get } = nodes(['b', 'a', 'c']) as Four & { groups: [Handle, Handle, Handle] }
        await get('c')
        await net.clock.advance(1_000)
        net.loseTouch('c')
        const watched = watch(work(b))
        await net.clock.advance(LEASE - 1_001)
        expect([watched.isOver, c.peek('k')]).to.deep.equal([false, 'v1'])
        await net.clock.advance(1)
        expect([watched.isOver, c.peek('k')]).to.deep.equal([true, undefined])
      })
    }

    it('does not wait for a member that is certainly dead, whatever it holds', async () => {
      const { net, groups: [b], get } = nodes(['b', 'a', 'c']) as Four & { groups: [Handle] }
      await get('c')
      net.node('c').isUp = false
      await work(b)
      expect(net.clock.now()).to.equal(0)
    })

    it('does not wait for a member that is slow to answer beyond its confirmation, nor end before', async () => {
      const { net, groups: [b], get } = nodes(['b', 'a', 'c']) as Four & { groups: [Handle] }
      await get('c')
      const confirm = Promise.withResolvers<void>()
      net.beforeWork = (_from, to, verb) => to === 'c' && verb === 'forget' ? confirm.promise : undefined
      const watched = watch(work(b))
      await net.clock.advance(1_000)
      expect(watched.isOver).to.equal(false)
      confirm.resolve()
      await settled()
      expect([watched.isOver, net.clock.now()]).to.deep.equal([true, 1_000])
    })

    it('with a signal can be left: it rejects at once, and what is here is gone in any case', async () => {
      const { net, groups: [b, a] } = nodes(['b', 'a']) as Four & { groups: [Handle, Handle] }
      await a.get('k')
      net.beforeWork = (_from, _to, verb) => verb === 'get' ? undefined : new Promise(() => {})
      const caller = new AbortController()
      const { signal } = caller
      const left = rejection(way === 'remove' ? a.remove('k', { signal }) : way === 'removeMany' ? a.removeMany(['k'], { signal }) : way === 'removeByTag' ? a.removeByTag('t', { signal }) : way === 'clear' ? a.clear({ signal }) : a.set('k', 'set', { signal }))
      await settled()
      const reason = new Error('mine')
      caller.abort(reason)
      expect(await left).to.equal(reason)
      expect([a.peek('k'), b.peek('k')]).to.deep.equal([undefined, 'v1'])
    })

    it('twice at once is over for both, and leaves no timer', async () => {
      const { net, groups: [, a, c], get } = nodes(['b', 'a', 'c']) as Four & { groups: [Handle, Handle, Handle] }
      for (const name of ['b', 'a', 'c']) await get(name)
      await Promise.all([work(a), work(c), work(a)])
      for (const name of ['b', 'a', 'c']) expect(await get(name)).to.equal(isSet ? 'set' : 'v2')
      expect(net.clock.timers).to.equal(0)
    })

    it('that races with gets everywhere is followed by no value whose load began before it', async () => {
      const { net, groups, runs, get } = nodes(['b', 'a', 'c', 'd'])
      for (let round = 0; round < 20; round++) {
        const during = groups.map(group => group.get('k'))
        for (let i = 0; i < round % 5; i++) await Promise.resolve()
        const before = runs()
        const removed = work(groups[round % 4] as Handle)
        for (let i = 0; i < 3; i++) during.push(...groups.map(group => group.get('k')))
        await removed
        for (const name of ['a', 'b', 'c', 'd']) {
          const value = await get(name)
          expect(isSet ? value === 'set' : Number(value.slice(1)) > before, `${value} at ${name} after v${before} in round ${round}`).to.equal(true)
        }
        await Promise.all(during)
      }
      expect(net.clock.timers).to.equal(0)
    })

    it(isSet ? 'whose owner lacks the group is done by its successor, at once' : 'whose owner lacks the group is done all the same', async () => {
      const net = new GroupNetwork('x', 'b', 'a')
      const load = (_key: string, context: LoadContext): string => { context.setTags(['t']); return 'loaded' }
      const [b, a] = [net.node('b').group({ load }), net.node('a').group({ load })]
      expect(await a.get('k')).to.equal('loaded')
      expect(b.peek('k')).to.equal('loaded')
      await work(a)
      expect([net.clock.now(), b.peek('k'), a.peek('k')]).to.deep.equal([0, isSet ? 'set' : undefined, undefined])
      expect(await a.get('k')).to.equal(isSet ? 'set' : 'loaded')
    })

    if (!isSet) {
      it('that a busy owner refuses is tried again', async () => {
        const { net, groups: [, a] } = nodes(['b', 'a']) as Four & { groups: [Handle, Handle] }
        await a.get('k')
        let refusals = 3
        net.beforeAnswer = (_from, _to, verb) => { if (verb === 'remove' && refusals-- > 0) throw new OverloadedError('busy') }
        const removed = work(a)
        await net.clock.advance(1_000)
        await removed
        expect(await a.get('k')).to.equal('v2')
      })
    }
  })
}

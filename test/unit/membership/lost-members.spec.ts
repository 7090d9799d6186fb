import { expect } from 'chai'
import { settled } from '../../support/fake-clock.js'
import { startMembership as start, startWith } from '../../support/one-membership.js'
import { alive, dead } from '../../support/records.js'
import type { OneMembership } from '../../support/one-membership.js'

/** The connection to x breaks, and dials end like that from now on. */
function lose ({ membership, connected, outcome, silent }: OneMembership, next: OneMembership['outcome']['next'], isSilent = next !== 'connected'): void {
  outcome.next = next
  if (isSilent) silent.add('x')
  connected.delete('x')
  membership.disconnected('x')
}

describe('a member whose connection is lost', () => {
  it('is redialled at once: refused is dead, and the others are told', async () => {
    const node = await startWith(['x'])
    lose(node, 'refused')
    await settled()
    expect([node.dialled, node.changes]).to.deep.equal([['x'], ['fail x']])
    await node.clock.advance(600)
    expect(node.published).to.deep.equal([dead('x')])
  })

  it('is not told of when somebody else has done so', async () => {
    const node = await startWith(['x', 'y'])
    lose(node, 'refused')
    await settled()
    node.membership.hear('y', dead('x'))
    await node.clock.advance(600)
    expect([node.changes, node.published]).to.deep.equal([['fail x'], []])
  })

  it('is told of although a stranger, or old news, says that it is dead', async () => {
    for (const author of ['stranger', 'y']) {
      const node = await startWith(['x', 'y'])
      node.membership.hear('x', alive('x', 2))
      lose(node, 'refused')
      await settled()
      node.membership.hear(author, dead('x', author === 'y' ? 1 : 2))
      await node.clock.advance(600)
      expect(node.published).to.deep.equal([dead('x', 2)])
    }
  })

  it('and that cannot be reached is suspected, not dead; it is dead after its time, dialled again and again meanwhile', async () => {
    const node = await startWith(['x', 'y', 'z'])
    lose(node, 'failed')
    await node.clock.advance(2_000)
    expect([node.changes, node.published]).to.deep.equal([['update x'], [{ ...alive('x'), state: 'suspect' }]])
    expect(node.dialled.length).to.be.within(6, 9)
    await node.clock.advance(6_000)
    expect(node.changes).to.deep.equal(['update x', 'fail x'])
    expect(node.published.at(-1)).to.deep.equal(dead('x'))
  })

  it('is not given up when others reach it although this node cannot', async () => {
    const node = await startWith(['x', 'y', 'z'])
    lose(node, 'failed', false)
    await node.clock.advance(60_000)
    expect(node.changes).to.deep.equal([])
  })

  it('is not given up when it has dialled while our own dial was under way, to where it is no more', async () => {
    const node = await startWith(['x'])
    lose(node, 'refused', false)
    node.connected.add('x')
    await node.clock.advance(20_000)
    expect(node.changes).to.deep.equal([])
  })

  it('is dialled once however often the loss is heard of', async () => {
    const node = await startWith(['x'])
    node.outcome.next = 'never'
    node.connected.delete('x')
    for (let i = 0; i < 10; i++) node.membership.disconnected('x')
    await node.clock.advance(2_000)
    expect(node.dialled).to.have.length(1)
  })

  it('is noticed when a connection that was just made again breaks at once', async () => {
    const node = await startWith(['x'])
    lose(node, 'connected')
    // 1. the redial has succeeded, its promise has not been heard yet; 2. the connection closes
    lose(node, 'refused')
    await node.clock.advance(60_000)
    expect(node.changes).to.deep.equal(['fail x'])
  })

  it('is of no concern when it is no member, or dead', async () => {
    const node = await startWith(['x'])
    lose(node, 'refused')
    await settled()
    node.dialled.length = 0
    node.membership.disconnected('x')
    node.membership.disconnected('stranger')
    await settled()
    expect(node.dialled).to.deep.equal([])
  })
})

describe('a member that is silent on an open connection', () => {
  it('is suspected, and dead after its time; the others are told of both', async () => {
    const node = await startWith(['x', 'y', 'z'])
    node.silent.add('x')
    await node.clock.advance(1_500)
    expect(node.changes).to.deep.equal(['update x'])
    await node.clock.advance(8_000)
    expect(node.changes).to.deep.equal(['update x', 'fail x'])
    expect(node.published.map(({ state }) => state)).to.deep.equal(['suspect', 'dead'])
  })

  it('is dead sooner the more others suspect it as well', async () => {
    const tookWith = async (accusers: string[]): Promise<number> => {
      const node = await startWith(['x', 'a', 'b', 'c', 'd'])
      node.silent.add('x')
      while (node.changes.length === 0) await node.clock.advance(25)
      const since = node.clock.now()
      for (const id of accusers) node.membership.hear(id, { ...alive('x'), state: 'suspect' })
      while (!node.changes.includes('fail x')) await node.clock.advance(25)
      return node.clock.now() - since
    }
    // the last probe may be one that was under way
    expect(await tookWith([])).to.be.within(5_400, 6_300)
    expect(await tookWith(['a', 'a', 'a', 'a'])).to.be.within(4_400, 5_100)
    expect(await tookWith(['a', 'b', 'c'])).to.be.within(3_000, 3_700)
  })

  it('is told, when it answers again, so that it contradicts', async () => {
    const node = await startWith(['x', 'y'])
    node.silent.add('x')
    await node.clock.advance(1_500)
    node.silent.clear()
    node.exchanged.length = 0
    await node.clock.advance(1_500)
    expect(node.exchanged).to.include('x')
  })
})

describe('a dead member', () => {
  it('is redialled every redialInterval for as long as it is remembered', async () => {
    const node = await startWith(['x'], { timing: { redialInterval: 5_000 } })
    lose(node, 'refused')
    await settled()
    node.dialled.length = 0
    await node.clock.advance(5 * 60_000)
    expect(node.dialled.length).to.be.within(50, 70)
    node.dialled.length = 0
    await node.clock.advance(20 * 60_000)
    expect(node.membership.get('x')).to.equal(undefined)
    expect(node.dialled.length).to.be.lessThan(90)
  })

  it('that is connected is asked, which makes no new connection', async () => {
    const node = await startWith(['x', 'y'])
    lose(node, 'refused')
    await settled()
    node.connected.add('x')
    node.exchanged.length = node.dialled.length = 0
    await node.clock.advance(10_000)
    expect(node.exchanged).to.include('x')
    expect(node.dialled).to.not.include('x')
  })
})

describe('new members', () => {
  it('are dialled a few at a time', async () => {
    const { membership, dialled, clock, outcome } = start()
    outcome.next = 'never'
    membership.learn('x0', Array.from({ length: 40 }, (_, i) => alive(`x${i}`)))
    await clock.advance(60_000)
    expect(dialled).to.have.length(2)
  })
})

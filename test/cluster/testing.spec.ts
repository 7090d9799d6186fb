// The cluster and the origin that users test with: see docs/testing.md.

import { expect } from 'chai'
import { createFakeOrigin, createTestCluster } from '../../src/testing/index.js'
import { rejection, thrownBy } from '../support/thrown.js'
import { TimerWatch } from '../support/timers.js'
import { until } from '../support/until.js'
import type { StandaloneGroupcache } from '../../src/index.js'
import type { TestCluster } from '../../src/testing/index.js'

const names = (node: StandaloneGroupcache | undefined): string[] => (node?.members ?? []).map(({ name }) => name).sort()
const KEYS = Array.from({ length: 60 }, (_, i) => `key-${i}`)

describe('a test cluster', () => {
  let cluster: TestCluster
  const start = async (...args: Parameters<typeof createTestCluster>): Promise<TestCluster> => { cluster = await createTestCluster(...args); return cluster }
  afterEach(() => cluster.stop())

  it('has members that see one another, and load each key once for all', async () => {
    await start(5)
    expect(cluster.nodes.map(names)).to.deep.equal(Array(5).fill(['n0', 'n1', 'n2', 'n3', 'n4']))
    expect(cluster.nodes.map(node => node.stats().connections)).to.deep.equal([4, 4, 4, 4, 4])
    const origin = createFakeOrigin()
    const groups = cluster.group('g', { load: origin.load })
    for (const group of groups) expect(await group.getMany(KEYS)).to.deep.equal(KEYS.map(key => `value of ${key}`))
    expect([origin.totalCalls, origin.calls('key-0'), origin.calls('no key')]).to.deep.equal([KEYS.length, 1, 0])
    for (const index of cluster.live) expect(groups[0]?.owner(cluster.keyOwnedBy(index, 3)).name).to.equal(`n${index}`)
    expect(new Set([0, 1, 2].map(nth => cluster.keyOwnedBy(0, nth))).size).to.equal(3)
  })

  it('has nothing outside this process: no port, no socket', async () => {
    await start(2)
    expect(process.getActiveResourcesInfo().filter(resource => /TCP|UDP|Pipe(?!Wrap)/.test(resource))).to.deep.equal([])
    expect(cluster.nodes.flatMap(node => node.multiaddrs.map(address => address.toString().replace(/\/p2p\/.*/, '')))).to.deep.equal(['/memory/member-0', '/memory/member-1'])
  })

  it('gives members what they are to differ in, and creates groups at later ones before they join', async () => {
    const seen: number[] = []
    await start(2, {
      cluster: 'mine',
      member: index => ({ name: `member ${index}`, weight: index + 1 }),
      setup: (node, index) => {
        seen.push(index)
        expect(node.multiaddrs, 'not started').to.deep.equal([])
      }
    })
    const loads: number[] = []
    const groups = cluster.group<string>('g', index => ({ load: key => { loads.push(index); return key } }))
    const added = await cluster.add({ weight: 3 })
    await cluster.settled()
    expect(seen).to.deep.equal([0, 1, 2])
    expect([added.cluster, ...names(added)]).to.deep.equal(['mine', 'member 0', 'member 1', 'member 2'])
    expect(cluster.nodes[0]?.members.map(({ weight }) => weight).sort()).to.deep.equal([1, 2, 3])
    const key = cluster.keyOwnedBy(2)
    expect(await groups[0]?.get(key)).to.equal(key)
    expect(loads).to.deep.equal([2])
    expect(groups).to.have.length(3)
  })

  it('takes what is undefined for what was not said', async () => {
    await start(2, { handOver: { timeout: 0 }, member: index => ({ name: ['first'][index], handOver: undefined }) })
    await cluster.add({ name: undefined, weight: undefined })
    await cluster.settled()
    expect(names(cluster.nodes[0])).to.deep.equal(['first', 'n1', 'n2'])
    const progress: number[] = []
    const [group] = cluster.group<string>('g', { load: key => key })
    await group?.getMany(KEYS)
    cluster.nodes[1]?.addEventListener('handover:progress', ({ detail }) => { progress.push(detail.taken) })
    await cluster.nodes[1]?.stop()
    expect(Math.max(0, ...progress), 'its members hand nothing over').to.equal(0)
  })

  it('kills without a goodbye: others see a failure, what is pending there rejects, and its keys go on', async () => {
    await start(3)
    const origin = createFakeOrigin()
    const groups = cluster.group('g', { load: origin.load })
    const [own, other] = [cluster.keyOwnedBy(2), cluster.keyOwnedBy(0)]
    const held = [own, other].map(key => origin.hold(key))
    const events: string[] = []
    for (const node of cluster.nodes.slice(0, 2)) {
      for (const kind of ['leave', 'fail'] as const) node.addEventListener(`member:${kind}`, ({ detail }) => { events.push(`${kind} of ${detail.name} at ${node.name}`) })
    }
    const there = groups[2]?.get(other).catch((err: Error) => err.name)
    const here = groups[0]?.get(own)
    await Promise.all(held.map(({ reached }) => reached))
    await cluster.kill(2)
    await cluster.settled()
    expect(await there).to.equal('NotStartedError')
    expect(await groups[2]?.get(own).catch((err: Error) => err.name)).to.equal('NotStartedError')
    for (const { release } of held) release()
    expect(await here).to.equal(`value of ${own}`)
    expect(events.sort()).to.deep.equal(['fail of n2 at n0', 'fail of n2 at n1'])
    expect([cluster.live, names(cluster.nodes[0]), names(cluster.nodes[1])]).to.deep.equal([[0, 1], ['n0', 'n1'], ['n0', 'n1']])
    // once at the killed owner, once at its successor; the killed one loads nothing for those who ask it afterwards
    expect(origin.calls(own)).to.equal(2)
  })

  it('hands nothing over at a kill, and everything at a stop', async () => {
    await start(3)
    const origin = createFakeOrigin()
    const groups = cluster.group('g', { load: origin.load, hot: false })
    const owned = (index: number): string[] => KEYS.filter(key => groups[0]?.owner(key).name === `n${index}`)
    await groups[0]?.getMany(KEYS)
    const left: string[] = []
    cluster.nodes[0]?.addEventListener('member:leave', ({ detail }) => { left.push(detail.name) })
    await cluster.stop(2)
    await cluster.settled()
    expect(left).to.deep.equal(['n2'])
    await groups[0]?.getMany(KEYS)
    expect(origin.totalCalls).to.equal(KEYS.length)
    const lost = owned(1).length
    await cluster.kill(1)
    await cluster.settled()
    await groups[0]?.getMany(KEYS)
    expect(origin.totalCalls).to.equal(KEYS.length + lost)
  })

  it('is settled only when values are where they belong', async () => {
    await start(2)
    const origin = createFakeOrigin()
    const groups = cluster.group('g', { load: origin.load, hot: false })
    await groups[0]?.getMany(KEYS)
    await cluster.add()
    await cluster.settled()
    const there = KEYS.filter(key => groups[0]?.owner(key).name === 'n2')
    expect(there.length).to.be.greaterThan(5)
    for (const key of there) expect(groups[2]?.peek(key)).to.equal(`value of ${key}`)
    expect(origin.totalCalls).to.equal(KEYS.length)
  })

  for (const kind of ['refused', 'silent'] as const) {
    it(`is cut in two by a ${kind} partition, each side one of its own, and is whole again when that is healed`, async () => {
      await start(5)
      const origin = createFakeOrigin()
      const groups = cluster.group('g', { load: origin.load })
      const key = cluster.keyOwnedBy(0)
      cluster.partition([[0, 1], [2, 3, 4]], { kind })
      await cluster.settled()
      expect(cluster.nodes.map(names)).to.deep.equal([['n0', 'n1'], ['n0', 'n1'], ['n2', 'n3', 'n4'], ['n2', 'n3', 'n4'], ['n2', 'n3', 'n4']])
      for (const group of groups) await group.get(key)
      expect(origin.calls(key)).to.equal(2)
      origin.set(key, 'new')
      await groups[0]?.remove(key)
      expect(await Promise.all(groups.map(group => group.get(key)))).to.deep.equal(['new', 'new', ...Array<string>(3).fill(`value of ${key}`)])
      const added = await cluster.add({ side: 1 })
      await cluster.settled()
      expect([names(added), names(cluster.nodes[0])]).to.deep.equal([['n2', 'n3', 'n4', 'n5'], ['n0', 'n1']])
      cluster.heal()
      await cluster.settled()
      expect(new Set(cluster.nodes.map(node => names(node).join()))).to.deep.equal(new Set(['n0,n1,n2,n3,n4,n5']))
      expect(new Set(await Promise.all(groups.map(group => group.get(key))))).to.deep.equal(new Set(['new']))
    })
  }

  it('has one that joined alone on its side find the others when the partition is healed', async () => {
    await start(2)
    cluster.partition([[0], [1]])
    await cluster.kill(1)
    const alone = await cluster.add({ side: 1 })
    await cluster.settled()
    expect([names(alone), names(cluster.nodes[0])]).to.deep.equal([['n2'], ['n0']])
    cluster.heal()
    await cluster.settled()
    expect([names(alone), names(cluster.nodes[0])]).to.deep.equal([['n0', 'n2'], ['n0', 'n2']])
  })

  it('loses nothing to a silent partition that is over before anybody gave up', async () => {
    await start(2)
    const origin = createFakeOrigin()
    const groups = cluster.group('g', { load: origin.load })
    const failures: string[] = []
    for (const node of cluster.nodes) node.addEventListener('member:fail', ({ detail }) => { failures.push(detail.name) })
    const key = cluster.keyOwnedBy(1)
    cluster.partition([[0], [1]], { kind: 'silent' })
    const get = groups[0]?.get(key)
    // its request is on its way, and does not arrive
    for (let i = 0; i < 20; i++) await new Promise(resolve => { setImmediate(resolve) })
    expect(origin.calls(key)).to.equal(0)
    cluster.heal()
    expect(await get).to.equal(`value of ${key}`)
    await cluster.settled()
    expect([failures, origin.calls(key)]).to.deep.equal([[], 1])
  })

  it('carries large values, at the pace of who reads them', async () => {
    await start(2)
    const large = 'x'.repeat(20 * 1024 * 1024)
    const [group] = cluster.group('g', { load: () => large })
    expect((await group?.get(cluster.keyOwnedBy(1))) === large).to.equal(true)
  })

  it('lets a name be taken by one after the other, and not by two', async () => {
    await start(2)
    expect((await rejection(cluster.add({ name: 'n1' }))).message).to.equal('name: expected one that no live node has, got "n1"')
    const key = cluster.keyOwnedBy(1)
    await cluster.kill(1)
    await cluster.settled()
    await cluster.add({ name: 'n1' })
    await cluster.settled()
    expect(cluster.keyOwnedBy(2)).to.equal(key)
    expect(names(cluster.nodes[0])).to.deep.equal(['n0', 'n1'])
  })

  it('takes a node that was stopped by its own stop for stopped', async () => {
    await start(2)
    await cluster.nodes[1]?.stop()
    await cluster.settled()
    expect(cluster.live).to.deep.equal([0])
  })

  it('adds several at once, each with its index', async () => {
    await start(1)
    const added = await Promise.all([cluster.add(), cluster.add(), cluster.add()])
    await cluster.settled()
    expect(added.map(({ name }) => name)).to.deep.equal(['n1', 'n2', 'n3'])
    expect(cluster.nodes.slice(1)).to.deep.equal(added)
  })

  it('starts many members without a warning', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => { warnings.push(warning) }
    process.on('warning', onWarning)
    try {
      await start(14)
      // warnings come in a later tick
      await new Promise(resolve => { setImmediate(resolve) })
    } finally {
      process.off('warning', onWarning)
    }
    expect(cluster.nodes).to.have.length(14)
    expect(warnings).to.deep.equal([])
  })

  it('does not meet others of the same name in the same process', async () => {
    const others = await Promise.all([createTestCluster(2), createTestCluster(3)])
    await start(2)
    expect([...others, cluster].map(each => each.nodes.map(({ members }) => members.length))).to.deep.equal([[2, 2], [3, 3, 3], [2, 2]])
    await Promise.all(others.map(other => other.stop()))
    expect(cluster.nodes[0]?.members).to.have.length(2)
  })

  it('says what it is waiting for when it does not settle, and can be told to stop waiting', async () => {
    await start(3)
    cluster.partition([[0], [1, 2]], { kind: 'silent' })
    const late = await rejection(cluster.settled({ timeout: 20 }))
    expect(late).to.include({ name: 'TimeoutError', message: 'the cluster has not settled within 20 ms: node 0, n0, sees n0, n1, n2 instead of n0' })
    const reason = new Error('enough')
    expect(await rejection(cluster.settled({ signal: AbortSignal.abort(reason) }))).to.equal(reason)
    const waiting = rejection(cluster.settled())
    await cluster.stop()
    expect(await waiting).to.include({ name: 'NotStartedError', message: 'the test cluster was stopped' })
  })

  it('refuses what it is not to be used for, and says why', async () => {
    await start(3)
    await cluster.kill(2)
    const sync: Array<[() => unknown, string, RegExp]> = [
      [() => cluster.partition([[0], [5]]), 'InvalidParametersError', /sides: expected the index of a node, from 0 to 2, got 5/],
      [() => cluster.partition([[0], [1, 2]]), 'NotStartedError', /sides: node 2 was killed/],
      [() => cluster.partition([[0], [0, 1]]), 'InvalidParametersError', /each node on one side, got node 0 on sides 0 and 1/],
      [() => cluster.partition([[0, 0], [1]]), 'InvalidParametersError', /each node on one side, got node 0 on side 0 twice/],
      [() => cluster.partition([[0]]), 'InvalidParametersError', /sides: expected two arrays of indexes or more/],
      [() => cluster.partition([[0], []]), 'InvalidParametersError', /sides: expected two arrays/],
      [() => cluster.partition([[0], [1]], { kind: 'loud' as never }), 'InvalidParametersError', /kind: expected "refused" or "silent", got "loud"/],
      [() => cluster.keyOwnedBy(2), 'NotStartedError', /index: node 2 was killed/],
      [() => cluster.keyOwnedBy(0, 1e6), 'InvalidParametersError', /nth: expected fewer/]
    ]
    for (const [call, name, message] of sync) {
      const err = thrownBy(call) as Error
      expect(err.name, String(call)).to.equal(name)
      expect(err.message).to.match(message)
    }
    await cluster.stop(1)
    const later: Array<[() => Promise<unknown>, string, RegExp]> = [
      [() => cluster.kill(1), 'NotStartedError', /node 1 was stopped/],
      [() => cluster.stop(2), 'NotStartedError', /node 2 was killed/],
      [() => cluster.kill('0' as never), 'InvalidParametersError', /index of a node, from 0 to 2, got "0"/],
      [() => cluster.add({ side: 1 }), 'InvalidParametersError', /side/],
      [() => cluster.add({ wieght: 1 } as never), 'InvalidParametersError', /wieght/],
      [() => cluster.add({ weight: 1_000 }), 'InvalidParametersError', /weight/],
      [() => cluster.settled({ timeout: -1 }), 'InvalidParametersError', /timeout/],
      [() => createTestCluster(0), 'InvalidParametersError', /n: expected a whole number from 1 to 32, got 0/],
      [() => createTestCluster(33), 'InvalidParametersError', /n: expected a whole number from 1 to 32, got 33/],
      [() => createTestCluster(undefined as never), 'InvalidParametersError', /n: expected a whole number/],
      [() => createTestCluster(1, { discovery: [] } as never), 'InvalidParametersError', /options: expected options among cluster, .*got "discovery"/],
      [() => createTestCluster(1, { member: 5 as never }), 'InvalidParametersError', /member: expected a function, got 5/],
      [() => createTestCluster(1, { member: () => ({ listen: [] } as never) }), 'InvalidParametersError', /member\(\): expected options among/],
      [() => createTestCluster(1, { membership: 'manual' as never }), 'InvalidParametersError', /membership: expected options such as/],
      [() => createTestCluster(1, { membership: { probeTimeout: 20, suspicionMin: 20 } }), 'InvalidParametersError', /at least 2500 ms/]
    ]
    for (const [call, name, message] of later) {
      const err = await rejection(call())
      expect(err.name, String(call)).to.equal(name)
      expect(err.message).to.match(message)
    }
    await cluster.stop()
    expect(await rejection(cluster.add())).to.include({ name: 'NotStartedError' })
    expect(() => cluster.heal()).to.throw('the test cluster was stopped')
  })

  it('leaves nothing behind, whatever was under way', async () => {
    const timers = new TimerWatch()
    await start(3)
    const groups = cluster.group('g', { load: createFakeOrigin().load })
    await Promise.all(groups.map(group => group.getMany(KEYS)))
    cluster.partition([[0], [1, 2]], { kind: 'silent' })
    const pending = rejection(groups[0]?.get(cluster.keyOwnedBy(1, 60)) ?? Promise.resolve())
    await cluster.stop()
    expect(await pending).to.include({ name: 'NotStartedError' })
    expect(await timers.left()).to.deep.equal([])
    timers.end()
  })
})

describe('a fake origin', () => {
  it('answers with what it was given, as it is when a load begins', async () => {
    const origin = createFakeOrigin<number>({ value: key => key.length, values: { answer: 42 } })
    expect([await origin.load('answer'), await origin.load('four')]).to.deep.equal([42, 4])
    const held = origin.hold('four')
    const late = origin.load('four')
    await held.reached
    expect(origin.loading).to.equal(1)
    origin.set('four', 5)
    held.release()
    expect([await late, await origin.load('four'), origin.loading]).to.deep.equal([4, 5, 0])
    expect([origin.calls('four'), origin.totalCalls]).to.deep.equal([3, 4])
    origin.resetCalls()
    expect([origin.calls('four'), origin.totalCalls]).to.deep.equal([0, 0])
  })

  it('has undefined for a value where it was given that', async () => {
    const origin = createFakeOrigin<string | undefined>({ value: () => 'some' })
    origin.set('k', undefined)
    expect(await origin.load('k')).to.equal(undefined)
  })

  it('fails on demand, as often as it was told to', async () => {
    const origin = createFakeOrigin()
    origin.fail('k', 'no error at all', { times: 2 })
    for (let i = 0; i < 2; i++) expect(await origin.load('k').catch((thrown: unknown) => thrown)).to.equal('no error at all')
    expect(await origin.load('k')).to.equal('value of k')
    origin.fail('k')
    for (let i = 0; i < 3; i++) expect((await rejection(origin.load('k'))).message).to.include('told to fail k')
    origin.recover('k')
    expect(await origin.load('k')).to.equal('value of k')
    expect(() => origin.fail('k', new Error('x'), { times: 0 })).to.throw('times')
  })

  it('holds loads until they are released or aborted', async () => {
    const origin = createFakeOrigin()
    const held = origin.hold('k')
    const controller = new AbortController()
    const [aborted, patient, other] = [rejection(origin.load('k', { signal: controller.signal })), origin.load('k'), origin.load('other')]
    expect(await other).to.equal('value of other')
    await held.reached
    controller.abort(new Error('nobody waits'))
    expect((await aborted).message).to.equal('nobody waits')
    expect(() => origin.hold('k')).to.throw('release it first')
    held.release()
    expect(await patient).to.equal('value of k')
    await until(() => origin.loading === 0)
    const again = origin.hold('k')
    held.release()
    void origin.load('k')
    await again.reached
    expect(origin.loading).to.equal(1)
    again.release()
  })

  it('refuses options that are none', () => {
    expect(() => createFakeOrigin({ valeu: () => '' } as never)).to.throw('valeu')
    expect(() => createFakeOrigin({ value: 5 as never })).to.throw('value: expected a function, got 5')
    expect(() => createFakeOrigin({ values: 5 as never })).to.throw('values: expected an object, got 5')
    expect(() => createFakeOrigin().set(5 as never, '')).to.throw('key: expected a string, got 5')
  })
})

// Nobody uninvited: who has another secret, or is not on the list, gets in nowhere, and nobody notices the attempt.

import { expect } from 'chai'
import { identify } from '@libp2p/identify'
import { gossipsub } from '@libp2p/gossipsub'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { connect } from 'node:net'
import { inspect } from 'node:util'
import { HandshakeRefusedError, bootstrap, clusterSecurity, gossipsubSettings, groupcache } from '../../src/index.js'
import { KeyedNoise } from '../../src/security/keyed-noise.js'
import { stretch } from '../../src/security/secret.js'
import { FLEETING_BURST } from '../../src/constants.js'
import { SteadyGets } from '../support/steady-gets.js'
import { addressOf, startCluster, startManual, startNode, stopNodes } from '../support/nodes.js'
import { rejection } from '../support/thrown.js'
import { until } from '../support/until.js'
import type { GroupcacheOptions, StandaloneGroupcache } from '../../src/index.js'
import type { ConnectionEncrypter, Libp2p, Upgrader } from '@libp2p/interface'
import type { NoiseComponents } from '@libp2p/noise'

const SECRET = 'what only the members know'
/** A refusal is to be told within this time, in milliseconds. */
const PROMPTLY = 1_000

/** What is refused, and that it is told promptly. */
async function refusal (attempt: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const late = new Promise<never>((_resolve, reject) => { setTimeout(reject, PROMPTLY, new Error(`not refused within ${PROMPTLY} ms`)).unref() })
  return rejection(Promise.race([attempt, late]))
}

function namesOf (nodes: readonly StandaloneGroupcache[]): string[][] {
  return nodes.map(node => node.members.map(({ name }) => name).sort())
}

function componentsOf (libp2p: Libp2p): { upgrader: Upgrader } {
  return (libp2p as unknown as { components: { upgrader: Upgrader } }).components
}

function encryptersOf (libp2p: Libp2p): string[] {
  return [...componentsOf(libp2p).upgrader.getConnectionEncrypters().keys()]
}

describe('a cluster with a secret', () => {
  afterEach(stopNodes)

  it('is joined by who has it, as text or as bytes; Noise bound to it is the only encrypter', async () => {
    const [a] = await startCluster(2, { secret: SECRET })
    const third = await startNode({ name: 'third', secret: Buffer.from(SECRET), discovery: [bootstrap([addressOf(a as StandaloneGroupcache)])] })
    await third.ready({ members: 3, signal: AbortSignal.timeout(10_000) })
    expect(encryptersOf(third.libp2p)).to.have.length(1)
    expect(encryptersOf(third.libp2p)[0]).to.match(/^\/groupcache\/noise\/1\.0\.0\/[0-9a-f]{16}$/)
    for (const connection of third.libp2p.getConnections()) expect(connection.encryption).to.equal(encryptersOf(third.libp2p)[0])
    expect(encryptersOf((await startNode()).libp2p)).to.deep.equal(['/noise'])
  })

  const strangers: Array<[who: string, options: GroupcacheOptions]> = [
    ['who has no secret', {}],
    ['who has another secret', { secret: 'what somebody guessed' }],
    ['who has a list of other secrets', { secret: ['what somebody guessed', 'and what else'] }],
    ['who has the secret, in another cluster', { secret: SECRET, cluster: 'elsewhere' }]
  ]
  for (const [who, options] of strangers) {
    for (const membership of ['gossip', 'manual'] as const) {
      it(`refuses ${who}, in ${membership} mode, promptly and saying what to check, and no get suffers`, async () => {
        const nodes = await startCluster(2, { secret: SECRET })
        const gets = new SteadyGets(nodes)
        const stranger = await startNode({ name: 'stranger', membership, ...options })
        const [a] = nodes as [StandaloneGroupcache]
        for (const address of [addressOf(a), addressOf(a).replace(/\/p2p\/.*/, '')]) {
          const err = await refusal(stranger.addPeer(address))
          expect(err).to.be.instanceOf(HandshakeRefusedError)
          expect(err.name).to.equal('HandshakeRefusedError')
          expect(err.peer).to.equal(address)
          expect(err.message).to.equal(`cannot reach ${address}: the handshake failed: check that \`secret\` and \`cluster\` are the same on both nodes`)
        }
        expect((await refusal(stranger.setPeers([addressOf(a)]))).errors).to.have.nested.property('[0].name', 'HandshakeRefusedError')
        // the other way round, too
        expect(await refusal(a.addPeer(addressOf(stranger)))).to.be.instanceOf(HandshakeRefusedError)
        await gets.end()
        expect(namesOf([...nodes, stranger])).to.deep.equal([['n0', 'n1'], ['n0', 'n1'], ['stranger']])
        expect([a.libp2p.getConnections().length, stranger.libp2p.getConnections().length]).to.deep.equal([1, 0])
      })
    }
  }

  it('refuses who knows the public id of its secret, but not the secret', async () => {
    const [node] = await startManual(1, { secret: SECRET }) as [StandaloneGroupcache]
    const { id, prologue } = await stretch(Buffer.from(SECRET), node.cluster)
    const outcomeWith = async (encrypter: (components: NoiseComponents) => ConnectionEncrypter): Promise<string> => {
      const libp2p = await createLibp2p({ transports: [tcp()], connectionEncrypters: [encrypter], streamMuxers: [yamux()] })
      try {
        return (await libp2p.dial(multiaddr(addressOf(node)), { signal: AbortSignal.timeout(PROMPTLY) })).status
      } catch (err) {
        return (err as Error).name
      } finally {
        await libp2p.stop()
      }
    }
    expect(await outcomeWith(components => new KeyedNoise(components, { id, prologue }))).to.equal('open')
    expect(await outcomeWith(components => new KeyedNoise(components, { id, prologue: new Uint8Array(32) }))).to.equal('EncryptionFailedError')
    const plain = (components: NoiseComponents): ConnectionEncrypter => Object.assign(noise()(components), { protocol: encryptersOf(node.libp2p)[0] as string })
    expect(await outcomeWith(plain)).to.equal('EncryptionFailedError')
  })

  it('stays well under two hundred refused attempts at a time when some send nonsense or nothing', async function () {
    this.timeout(60_000)
    const nodes = await startCluster(3, { secret: SECRET })
    const gets = new SteadyGets(nodes)
    const [a] = nodes as [StandaloneGroupcache]
    const port = Number(/tcp\/(\d+)/.exec(addressOf(a))?.[1])
    const silent = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => {}))
    const noisy = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => {}).on('connect', function (this: ReturnType<typeof connect>) { this.end('GET / HTTP/1.1\r\n\r\n') }))
    const strangers = await Promise.all(['x', 'y', 'z', 'w'].map(name => startNode({ name, membership: 'manual' })))
    try {
      const outcomes = await Promise.all(strangers.map(async stranger => {
        const names: string[] = []
        for (let i = 0; i < 50; i++) names.push((await rejection(stranger.addPeer(addressOf(a)))).name)
        return names
      }))
      const count = (name: string): number => outcomes.flat().filter(each => each === name).length
      // the noisy ones have taken some of what this host may have at once; what comes beyond that is ended before the handshake
      expect(count('HandshakeRefusedError')).to.be.at.least(FLEETING_BURST - noisy.length)
      expect(count('HandshakeRefusedError') + count('PeerUnreachableError')).to.equal(200)
      await gets.end()
      expect(namesOf(nodes)).to.deep.equal([['n0', 'n1', 'n2'], ['n0', 'n1', 'n2'], ['n0', 'n1', 'n2']])
      // and still takes in who belongs to it
      const late = await startNode({ name: 'n3', secret: SECRET, discovery: [bootstrap([addressOf(a)])] })
      await late.ready({ members: 4, signal: AbortSignal.timeout(10_000) })
    } finally {
      for (const socket of [...silent, ...noisy]) socket.destroy()
    }
  })

  it('shows neither the secret nor what it has become', async () => {
    const node = await startNode({ secret: SECRET })
    const stranger = await startNode()
    const { prologue } = await stretch(Buffer.from(SECRET), node.cluster)
    const refused = await rejection(stranger.addPeer(addressOf(node)))
    const other = await rejection(node.addPeer(addressOf(stranger)))
    const shown = [node, node.libp2p, componentsOf(node.libp2p).upgrader.getConnectionEncrypters(), node.stats(), refused, other]
      .map(what => inspect(what, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null, breakLength: Infinity, compact: 100 })).join('\n')
      // numbers stand in columns
      .replace(/\s+/g, ' ')
    expect(shown).to.include('/groupcache/noise/1.0.0/')
    const bytes = [...prologue.subarray(4, 12)]
    for (const trace of [SECRET, bytes.join(', '), Buffer.from(bytes).toString('hex'), bytes.map(byte => byte.toString(16).padStart(2, '0')).join(' '), Buffer.from(SECRET).toString('hex'), [...Buffer.from(SECRET)].join(', ')]) {
      expect(shown.includes(trace), trace).to.equal(false)
    }
  })
})

describe('a secret that is being replaced', () => {
  afterEach(stopNodes)

  it('lets any two nodes connect that have one in common', async () => {
    const lists = [['the old secret'], ['the new secret', 'the old secret'], ['the old secret', 'the new secret'], ['the new secret']]
    const nodes: StandaloneGroupcache[] = []
    for (const [i, secret] of lists.entries()) nodes.push(await startNode({ name: `n${i}`, secret, membership: 'manual' }))
    for (const [i, from] of nodes.entries()) {
      for (const [j, to] of nodes.entries()) {
        if (i === j) continue
        const hasCommon = lists[i]?.some(secret => lists[j]?.includes(secret)) === true
        const outcome = await from.addPeer(addressOf(to)).then(() => 'added', (err: Error) => err.name)
        expect(outcome, `${lists[i]?.join(' + ')} to ${lists[j]?.join(' + ')}`).to.equal(hasCommon ? 'added' : 'HandshakeRefusedError')
      }
    }
  })

  it('in the order of docs/security.md costs no get', async function () {
    this.timeout(90_000)
    let secret: string | string[] = 'the old secret'
    const nodes = await startCluster(3, { secret })
    const gets = new SteadyGets(nodes)
    for (secret of [['the new secret', 'the old secret'], 'the new secret']) {
      for (let i = 0; i < nodes.length; i++) {
        const old = nodes[i] as StandaloneGroupcache
        const seeds = nodes.filter(node => node !== old).map(addressOf)
        await gets.leave(old)
        await old.stop()
        const node = nodes[i] = await startNode({ name: old.name, secret, discovery: [bootstrap(seeds)] })
        await Promise.all(nodes.map(each => each.ready({ members: 3, signal: AbortSignal.timeout(10_000) })))
        gets.join(node)
      }
    }
    expect(await gets.end()).to.be.greaterThan(100)
    const [a] = nodes as [StandaloneGroupcache]
    const behind = await startNode({ name: 'behind', secret: 'the old secret' })
    expect(await refusal(behind.addPeer(addressOf(a)))).to.be.instanceOf(HandshakeRefusedError)
    expect(namesOf(nodes)).to.deep.equal([['n0', 'n1', 'n2'], ['n0', 'n1', 'n2'], ['n0', 'n1', 'n2']])
  })
})

describe('clusters without a secret', () => {
  afterEach(stopNodes)

  it('refuse each other promptly by name', async () => {
    const [a, b] = await Promise.all([startNode({ cluster: 'a' }), startNode({ cluster: 'b' })])
    const err = await refusal(b.addPeer(addressOf(a)))
    expect(err.name).to.equal('PeerUnreachableError')
    expect(err.message).to.include('it is no member of cluster "b"')
    expect([a.members.length, b.members.length]).to.deep.equal([1, 1])
  })
})

describe('clusterSecurity', () => {
  const running: Libp2p[] = []

  afterEach(async () => {
    await stopNodes()
    for (const libp2p of running.splice(0)) await libp2p.stop()
  })

  it("makes an application's own libp2p node a member, and keeps strangers from it", async () => {
    const [member] = await startManual(1, { name: 'member', secret: SECRET, cluster: 'shop' }) as [StandaloneGroupcache]
    const libp2p = await createLibp2p({
      ...await clusterSecurity({ cluster: 'shop', secret: SECRET }),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: gossipsub(gossipsubSettings), cache: groupcache({ cluster: 'shop', name: 'app', membership: 'manual', discovery: [bootstrap([addressOf(member)])] }) }
    })
    running.push(libp2p)
    await until(() => libp2p.services.cache.members.length === 2, { what: 'the application among the members' })
    const address = libp2p.getMultiaddrs().map(String)[0] as string
    await member.addPeer(address)
    const groups = [libp2p.services.cache, member].map(cache => cache.group<string>('group', { load: key => `${key} from ${cache.name}` }))
    for (let i = 0; i < 20; i++) expect(await groups[0]?.get(`k${i}`)).to.equal(await groups[1]?.get(`k${i}`))
    const stranger = await startNode({ cluster: 'shop' })
    expect(await refusal(stranger.addPeer(address))).to.be.instanceOf(HandshakeRefusedError)
    expect(libp2p.services.cache.members.map(({ name }) => name)).to.have.members(['app', 'member'])
  })
})

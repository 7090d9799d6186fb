// Bad input of any kind gets a clear typed error, and nothing is lost, hung or crashed.

import { expect } from 'chai'
import { connect } from 'node:net'
import { MAX_VALUE_BYTES } from '../../src/constants.js'
import { CodecError, DuplicateGroupError, ListenError, LoadError, PeerUnreachableError, ValueTooLargeError, createGroupcache } from '../../src/index.js'
import { stopClusters, testNodes } from '../support/clusters.js'
import { addressOf, keyOwnedBy, startManual, startNode, stopNodes } from '../support/nodes.js'
import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { Stream } from '@libp2p/interface'

const UNREACHABLE = '/ip4/127.0.0.1/tcp/1'

async function failureOf (work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (err) {
    return err as Error
  }
  throw new Error('expected a rejection')
}

describe('bad input', () => {
  afterEach(stopNodes)
  afterEach(stopClusters)

  describe('of an address', () => {
    const cases: Array<[name: string, address: (node: StandaloneGroupcache) => unknown, error: string, message: RegExp]> = [
      ['that nobody listens on', () => UNREACHABLE, 'PeerUnreachableError', /tcp\/1.*ECONNREFUSED/],
      ['that is no multiaddr', () => '10.0.0.7:4001', 'InvalidParametersError', /expected .*multiaddr.*10\.0\.0\.7:4001/],
      ['that is empty', () => '', 'InvalidParametersError', /expected .*multiaddr/],
      ['that is a number', () => 4001, 'InvalidParametersError', /expected .*multiaddr.*4001/],
      ['that is undefined', () => undefined, 'InvalidParametersError', /expected .*multiaddr.*undefined/],
      ["that is the node's own", node => addressOf(node), 'InvalidParametersError', /own address/],
      ["that is the node's own, without its peer id", node => addressOf(node).replace(/\/p2p\/.*/, ''), 'InvalidParametersError', /own address/],
      ["that is the node's own, by a DNS name", node => addressOf(node).replace(/\/p2p\/.*/, '').replace('/ip4/127.0.0.1', '/dns4/localhost'), 'InvalidParametersError', /own address/]
    ]
    for (const [name, address, error, message] of cases) {
      it(`${name} is refused by addPeer, and the ring is unchanged`, async () => {
        const node = await startNode({ name: 'node' })
        const failure = await failureOf(node.addPeer(address(node) as string))
        expect(failure.name).to.equal(error)
        expect(failure.message).to.match(message)
        expect(node.members).to.have.length(1)
      })
    }

    it('of another cluster says so', async () => {
      const [a, b] = await Promise.all([startNode({ cluster: 'one' }), startNode({ cluster: 'two' })])
      const failure = await failureOf(a.addPeer(addressOf(b)))
      expect(failure).to.be.instanceOf(PeerUnreachableError)
      expect(failure.message).to.include('no member of cluster "one"')
      expect([a.members.length, b.members.length]).to.deep.equal([1, 1])
    })

    it('that does not come in time says how many did', async () => {
      const node = await startNode()
      const failure = await failureOf(node.ready({ members: 3, signal: AbortSignal.timeout(20) }))
      expect([failure.name, (failure.cause as Error).name]).to.deep.equal(['TimeoutError', 'TimeoutError'])
      expect(failure.message).to.match(/^1 of 3 members were there in time; DEBUG=groupcache:discovery/)
    })

    it('or of what to wait for: a number of members, a signal, and nothing else', async () => {
      const node = await startNode()
      const wrong = [undefined, null, 5, { members: 0 }, { members: '2' }, { member: 2 }, { members: 2, signal: 'soon' }]
      for (const options of wrong) expect((await failureOf(node.ready(options as never))).name).to.equal('InvalidParametersError')
      for (const options of [null, 5, { signal: 'soon' }, { timeout: 5 }]) expect((await failureOf(node.addPeer(UNREACHABLE, options as never))).name).to.equal('InvalidParametersError')
    })

    it('in removePeer: unknown ones are ignored, malformed ones and the own one refused', async () => {
      const node = await startNode()
      await node.removePeer(UNREACHABLE)
      expect((await failureOf(node.removePeer('nonsense'))).name).to.equal('InvalidParametersError')
      expect((await failureOf(node.removePeer(node.peerId))).message).to.include('stop()')
    })

    it('in setPeers: not an iterable', async () => {
      const node = await startNode()
      expect((await failureOf(node.setPeers(5 as never))).message).to.match(/iterable.*5/)
    })
  })

  it('a port in use is told by createGroupcache', async () => {
    const node = await startNode()
    const port = /tcp\/(\d+)/.exec(addressOf(node))?.[1] as string
    const address = `/ip4/127.0.0.1/tcp/${port}`
    const failure = await failureOf(createGroupcache({ discovery: [], listen: ['/ip4/127.0.0.1/tcp/0', address] })) as ListenError
    expect(failure).to.be.instanceOf(ListenError)
    expect(failure.message).to.equal(`cannot listen at ${address}: ${failure.reasons[0]?.reason}`)
    expect(failure.reasons).to.have.lengthOf(1)
    expect(failure.reasons[0]).to.deep.include({ address })
    expect(failure.reasons[0]?.reason).to.match(/^listen EADDRINUSE.*in use/)
    expect(failure.cause).to.be.instanceOf(Error)
  })

  it('unknown and wrong options are told by createGroupcache', async () => {
    expect((await failureOf(createGroupcache({ clutser: 'x' } as never))).message).to.match(/clutser/)
    expect((await failureOf(createGroupcache({ listen: '/ip4/127.0.0.1/tcp/0' as never }))).message).to.match(/listen: expected an array/)
    expect((await failureOf(createGroupcache({ listen: ['0.0.0.0:4001'] }))).message).to.match(/listen: expected a multiaddr such as .*, got "0\.0\.0\.0:4001"/)
    const half = { type: 'Ed25519', raw: new Uint8Array(64), sign: () => {}, publicKey: null }
    for (const privateKey of [new Uint8Array(64), 'very secret', {}, null, half]) {
      const failure = await failureOf(createGroupcache({ discovery: [], privateKey: privateKey as never }))
      expect(failure.name).to.equal('InvalidParametersError')
      expect(failure.message).to.match(/^privateKey: expected/).and.not.include('very secret')
    }
  })

  describe('of a key', () => {
    let groups: [Group<string>, Group<string>]

    beforeEach(async () => {
      const nodes = await testNodes(2)
      groups = nodes.map(node => node.group<string>('group', { load: key => key, hot: false })) as [Group<string>, Group<string>]
    })

    for (const key of ['', ' ', 'a b/c,d', '/x', '../..', '%2F', 'ключ', '鍵', '🔑🗝️', '\u0000', 'é', 'e\u0301', 'x'.repeat(65_535), 'ß'.repeat(32_767)]) {
      const shown = key.length > 20 ? `of ${key.length} × ${key[0]}` : JSON.stringify(key)
      it(`odd but fine: ${shown} comes back as it is, from both nodes`, async () => {
        for (const group of groups) expect(await group.get(key) === key, shown).to.equal(true)
        await groups[0].remove(key)
      })
    }

    const refused: Array<[unknown, RegExp]> = [
      ['x'.repeat(65_536), /at most 65535 bytes/], ['ß'.repeat(32_768), /at most 65535 bytes/], ['a\ud800', /well-formed/], ['\udc00b', /well-formed/],
      [5, /a string, got 5/], [undefined, /a string, got undefined/], [null, /a string, got null/], [{}, /a string, got/]
    ]
    for (const [key, message] of refused) {
      it(`is refused: ${String(key).slice(0, 10)} (${typeof key})`, async () => {
        for (const group of groups) {
          for (const work of [group.get(key as string), group.remove(key as string)]) {
            const failure = await failureOf(work)
            expect(failure.name).to.equal('InvalidParametersError')
            expect(failure.message).to.match(message)
          }
          expect(() => group.peek(key as string)).to.throw(message)
          expect(() => group.owner(key as string)).to.throw(message)
        }
      })
    }
  })

  it('a group name twice on one node is refused', async () => {
    const node = await startNode()
    node.group('users', { load: key => key })
    expect(() => node.group('users', { load: key => key })).to.throw(DuplicateGroupError, '"users"')
    for (const name of ['', 'x'.repeat(256), '\ud800', 7]) expect(() => node.group(name as string, { load: key => key })).to.throw(/group name: expected/)
  })

  describe('of a loader', () => {
    /** The failure of a get whose loader is `load`, at its owner and from afar. */
    async function failures (load: (key: string) => unknown, loadTimeout = 10_000): Promise<Error[]> {
      const nodes = await testNodes(2)
      const [here] = nodes.map(node => node.group('group', { load, loadTimeout })) as [Group<unknown>]
      return Promise.all(['n0', 'n1'].map(name => failureOf(here.get(keyOwnedBy(name, here)))))
    }

    for (const thrown of ['text', 0, null, undefined, Symbol('s'), { code: 1 }]) {
      it(`that throws ${typeof thrown === 'symbol' ? 'a symbol' : JSON.stringify(thrown) ?? 'undefined'} becomes a LoadError`, async () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- loaders throw anything, and that is the point
        for (const failure of await failures(() => { throw thrown })) expect(failure).to.be.instanceOf(LoadError)
      })
    }

    it('that never settles fails when its time is up, and its key works again', async () => {
      for (const failure of await failures(() => new Promise(() => {}), 50)) {
        expect(failure).to.be.instanceOf(LoadError)
        expect(failure.message).to.include('50 ms')
        expect((failure.cause as Error).name).to.equal('TimeoutError')
      }
    })

    it('whose value cannot be encoded is told by key and group', async () => {
      for (const failure of await failures(() => ({ on: () => {} }))) {
        expect(failure).to.be.instanceOf(CodecError)
        expect(failure.message).to.match(/"k\d+" of group "group".*value\.on is a function/)
      }
    })

    it('whose value is too large is told with both sizes', async () => {
      const large = 'x'.repeat(MAX_VALUE_BYTES)
      for (const failure of await failures(() => large)) {
        expect(failure).to.be.instanceOf(ValueTooLargeError)
        expect(failure.message).to.match(/67108869 bytes, the limit is 67108864/)
      }
    })

    it('whose value is just within the limit goes through', async () => {
      const nodes = await testNodes(2)
      const large = 'x'.repeat(MAX_VALUE_BYTES - 5)
      const [here] = nodes.map(node => node.group('group', { load: () => large })) as [Group<string>]
      expect((await here.get(keyOwnedBy('n1', here))) === large).to.equal(true)
    })

    it('that returns undefined or null has those values, once', async () => {
      const nodes = await testNodes(2)
      let loads = 0
      const [here] = nodes.map(node => node.group<null | undefined>('group', { load: key => { loads++; return key.length % 2 === 0 ? null : undefined } })) as [Group<null | undefined>]
      for (const name of ['n0', 'n1']) {
        const key = keyOwnedBy(name, here)
        for (let i = 0; i < 3; i++) expect(await here.get(key)).to.equal(key.length % 2 === 0 ? null : undefined)
      }
      expect(loads).to.equal(2)
    })
  })

  describe('from the network', () => {
    it('garbage on the port disturbs nobody', async () => {
      const nodes = await startManual(2)
      const groups = nodes.map(node => node.group<string>('group', { load: key => key, hot: false })) as [Group<string>, Group<string>]
      const port = Number(/tcp\/(\d+)/.exec(addressOf(nodes[1] as StandaloneGroupcache))?.[1])
      for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\u0000'.repeat(10_000), '\u0013/multistream/1.0.0\n\u0007/noise\n' + 'x'.repeat(500)]) {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => { /* the node may cut it off with a reset */ })
        socket.end(garbage)
        socket.resume()
        await groups[0].get(keyOwnedBy('n1', groups[0]))
        await new Promise(resolve => { socket.once('close', resolve) })
      }
    })

    const frames: Array<[string, Uint8Array]> = [
      ['a length of 4 GiB', Uint8Array.of(255, 255, 255, 255, 1, 0, 0, 0, 1)],
      ['a length of 0', Uint8Array.of(0, 0, 0, 0, 0)],
      ['an unknown type', Uint8Array.of(0, 0, 0, 5, 77, 0, 0, 0, 1)],
      ['an answer where a request belongs', Uint8Array.of(0, 0, 0, 5, 129, 0, 0, 0, 1)],
      ['a key longer than its frame', Uint8Array.of(0, 0, 0, 10, 1, 0, 0, 0, 1, 0, 1, 65, 255, 255)]
    ]
    for (const [name, bytes] of frames) {
      it(`${name} on the stream cuts that peer off, and serves the others`, async () => {
        const [victim, offender] = await startManual(2) as [StandaloneGroupcache, StandaloneGroupcache]
        const groups = [victim, offender].map(node => node.group<string>('group', { load: key => key, hot: false })) as [Group<string>, Group<string>]
        const stream = await rpcStream(offender, victim)
        const closed = new Promise(resolve => { stream.addEventListener('close', resolve) })
        stream.send(bytes)
        await closed
        expect(stream.status).to.not.equal('open')
        // an honest stream of the same peer still works
        expect(await groups[1].get(keyOwnedBy('n0', groups[1]))).to.be.a('string')
      })
    }

    it('a table that is no table, or of somebody else, is refused', async () => {
      const victim = await startNode()
      const records: Array<(offender: StandaloneGroupcache) => string> = [
        () => 'nonsense', () => JSON.stringify({ id: 'x' }), () => JSON.stringify(recordOf(victim)), offender => JSON.stringify({ ...recordOf(offender), weight: -1 })
      ]
      for (const recordFor of records) {
        // another one each time: the third offence would have it refused
        const offender = await startNode({ cluster: 'another' })
        const record = recordFor(offender)
        const stream = await offender.libp2p.dialProtocol(victim.multiaddrs, '/groupcache/default/members/1.0.0')
        const closed = new Promise(resolve => { stream.addEventListener('close', resolve) })
        const text = Buffer.from(record)
        stream.send(Uint8Array.of(...lengthPrefix(text.length), ...text))
        await stream.close().catch(() => { /* it may have been cut off already */ })
        await closed
      }
      expect(victim.members).to.have.length(1)
    })
  })
})

function recordOf (node: StandaloneGroupcache): Record<string, unknown> {
  return { id: node.peerId.toString(), name: node.name, weight: 1, state: 'alive', incarnation: 0, since: 0, addresses: [] }
}

/** An unsigned varint. */
function lengthPrefix (length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7]
}

async function rpcStream (from: StandaloneGroupcache, to: StandaloneGroupcache): Promise<Stream> {
  return from.libp2p.dialProtocol(to.multiaddrs, '/groupcache/default/rpc/1.0.0')
}

// The proxy of the chaos suite: bytes pass as they are, or are harmed as they are told to be, each direction for itself.

import { expect } from 'chai'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { FaultProxy } from '../../chaos/fault-proxy.js'
import { Flows } from '../../chaos/flow.js'
import { until } from '../../support/until.js'
import type { AddressInfo, Server, Socket } from 'node:net'

const LOOPBACK = '127.0.0.1'

/** What one end has received, and how it ended. */
class End {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  length = 0
  isEnded = false
  isClosed = false
  error: string | undefined

  constructor (socket: Socket) {
    this.socket = socket
    socket.on('data', chunk => { this.#take(chunk) })
    socket.on('end', () => { this.isEnded = true })
    socket.on('close', () => { this.isClosed = true })
    socket.on('error', (err: NodeJS.ErrnoException) => { this.error = err.code })
  }

  get received (): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #take (chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
  }

  get text (): string {
    return this.received.toString()
  }
}

describe('a proxy that does harm', () => {
  let flows: Flows
  let server: Server
  let proxy: FaultProxy
  let served: End[]
  let dialled: End[]

  beforeEach(async () => {
    flows = new Flows()
    served = []
    dialled = []
    server = createServer(socket => { served.push(new End(socket)) })
    await once(server.listen(0, LOOPBACK), 'listening')
    proxy = await FaultProxy.start({
      name: 'b',
      listen: { host: LOOPBACK, port: 0 },
      target: { host: LOOPBACK, port: (server.address() as AddressInfo).port },
      flows,
      nameOf: address => address === LOOPBACK ? 'a' : address
    })
  })
  afterEach(() => {
    proxy.close()
    server.close()
    for (const { socket } of [...served, ...dialled]) socket.destroy()
  })

  async function dial (): Promise<{ a: End, b: End }> {
    const before = served.length
    const a = new End(connect({ host: LOOPBACK, port: proxy.port }))
    dialled.push(a)
    await until(() => served.length > before, { what: 'a connection' })
    return { a, b: served.at(-1) as End }
  }

  const arrives = (end: End, text: string): Promise<void> => until(() => end.text === text, { what: `${text} arriving` })

  /** Resolves when what is sent that way on a new connection has passed: what was sent before had its time. */
  async function others (): Promise<void> {
    const { a, b } = await dial()
    a.socket.write('x')
    await arrives(b, 'x')
  }

  it('passes bytes on in both directions', async () => {
    const { a, b } = await dial()
    a.socket.write('to b')
    b.socket.write('to a')
    await Promise.all([arrives(b, 'to b'), arrives(a, 'to a')])
    expect(proxy.connections).to.equal(1)
  })

  it('passes much on, in order and whole', async () => {
    const { a, b } = await dial()
    const bytes = Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, i) => i % 251))
    a.socket.end(bytes)
    await until(() => b.isEnded, { what: 'the end' })
    expect(b.received.equals(bytes)).to.equal(true)
  })

  it('passes the end of one direction on, and leaves the other one open', async () => {
    const { a, b } = await dial()
    b.socket.on('end', () => { b.socket.write('last words') })
    a.socket.end()
    await arrives(a, 'last words')
  })

  it('closes both ends when one is closed, and forgets the connection', async () => {
    const { a, b } = await dial()
    a.socket.destroy()
    await until(() => b.isClosed, { what: 'the other end closed' })
    await until(() => proxy.connections === 0, { what: 'no connection' })
  })

  it('holds what is sent one way, and has it arrive when that is over', async () => {
    const { a, b } = await dial()
    const release = flows.between('a', 'b').impede('hold')
    a.socket.write('late')
    b.socket.write('in time')
    await arrives(a, 'in time')
    expect(b.text).to.equal('')
    release()
    await arrives(b, 'late')
  })

  it('holds the end of a connection as well', async () => {
    const { a, b } = await dial()
    const release = flows.between('a', 'b').impede('hold')
    a.socket.end('late')
    b.socket.write('in time')
    await arrives(a, 'in time')
    expect([b.text, b.isEnded]).to.deep.equal(['', false])
    release()
    await until(() => b.isEnded, { what: 'the end' })
    expect(b.text).to.equal('late')
  })

  it('is held for as long as any of several asks for it', async () => {
    const { a, b } = await dial()
    const flow = flows.between('a', 'b')
    const releases = [flow.impede('hold'), flow.impede('hold')]
    a.socket.write('late')
    releases[0]?.()
    expect(flow.passage).to.equal('hold')
    releases[1]?.()
    await arrives(b, 'late')
  })

  it('does not read on when too much is held', async () => {
    const { a, b } = await dial()
    const release = flows.between('a', 'b').impede('hold')
    const bytes = Buffer.alloc(32 * 1024 * 1024, 7)
    a.socket.write(bytes)
    b.socket.write('x')
    await arrives(a, 'x')
    // the kernel's buffers take some, the proxy a megabyte
    expect(a.socket.writableLength).to.be.greaterThan(8 * 1024 * 1024)
    release()
    await until(() => b.length === bytes.length, { what: 'all of it' })
  })

  it('drops what is sent one way: that connection stays silent for ever, a new one is heard', async () => {
    const { a, b } = await dial()
    const lift = flows.between('a', 'b').impede('drop')
    a.socket.write('lost')
    b.socket.write('heard')
    await arrives(a, 'heard')
    await until(() => a.socket.writableLength === 0)
    lift()
    a.socket.write('lost, too')
    await others()
    expect([b.text, b.isClosed]).to.deep.equal(['', false])
  })

  it('does not tell of an end where everything is dropped', async () => {
    const { a, b } = await dial()
    const lift = flows.between('a', 'b').impede('drop')
    a.socket.destroy()
    await until(() => a.isClosed)
    lift()
    await others()
    expect([b.isEnded, b.isClosed]).to.deep.equal([false, false])
  })

  it('delays what is sent one way, and keeps its order', async () => {
    const { a, b } = await dial()
    const end = flows.between('a', 'b').slow(100)
    const begin = performance.now()
    a.socket.write('1')
    await arrives(b, '1')
    expect(performance.now() - begin).to.be.at.least(95)
    a.socket.write('2')
    // it is on its way already, and what comes after it stays behind it
    await until(() => a.socket.bytesWritten === 2)
    end()
    a.socket.write('3')
    await arrives(b, '123')
  })

  it('resets both ends', async () => {
    const { a, b } = await dial()
    proxy.reset('a')
    await until(() => a.isClosed && b.isClosed, { what: 'both ends closed' })
    expect([a.error, b.error]).to.deep.equal(['ECONNRESET', 'ECONNRESET'])
  })

  it('resets connections of the one that is named only', async () => {
    const { a, b } = await dial()
    proxy.reset('c')
    a.socket.write('still there')
    await arrives(b, 'still there')
  })

  it('cuts a connection short after so many bytes', async () => {
    const { a, b } = await dial()
    proxy.truncate('a', 'b', 5)
    a.socket.write('1234567')
    await until(() => a.isClosed && b.isClosed, { what: 'both ends closed' })
    expect(b.text).to.equal('12345')
  })

  it('cuts the other direction short', async () => {
    const { a, b } = await dial()
    proxy.truncate('b', 'a', 2)
    a.socket.write('1234')
    await arrives(b, '1234')
    b.socket.write('1234')
    await until(() => a.isClosed && b.isClosed, { what: 'both ends closed' })
    expect(a.text).to.equal('12')
  })

  it('flips one bit, once', async () => {
    const { a, b } = await dial()
    flows.between('a', 'b').flipNext()
    a.socket.write('abc')
    await until(() => b.length === 3)
    const wrong = [...b.received].map((byte, i) => byte ^ 'abc'.charCodeAt(i))
    expect(wrong.filter(byte => byte !== 0).map(byte => Math.log2(byte) % 1)).to.deep.equal([0])
    a.socket.write('abc')
    await until(() => b.length === 6)
    expect(b.received.subarray(3).toString()).to.equal('abc')
  })

  it('refuses at once when it is told to, and leaves what is open', async () => {
    const { a, b } = await dial()
    const { port } = proxy
    proxy.refuse()
    const [err] = await once(connect({ host: LOOPBACK, port }), 'error') as [NodeJS.ErrnoException]
    expect(err.code).to.equal('ECONNREFUSED')
    a.socket.write('still there')
    await arrives(b, 'still there')
  })

  it('resets who dials when the member does not listen', async () => {
    server.close()
    const a = new End(connect({ host: LOOPBACK, port: proxy.port }))
    dialled.push(a)
    await until(() => a.isClosed, { what: 'it closed' })
    expect(a.error).to.equal('ECONNRESET')
  })
})

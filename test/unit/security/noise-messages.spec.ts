// Messages of Noise, taken apart by our decoder: by itself, and in the place of Noise's own.

import '../../../src/promise-with-resolvers.js'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { NoiseMessages, decodeQuietly } from '../../../src/security/noise-messages.js'
import { until } from '../../support/until.js'
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import type { NoiseComponents } from '@libp2p/noise'

const framed = (messages: readonly Uint8Array[]): Buffer => Buffer.concat(messages.flatMap(message => [Uint8Array.of(message.length >> 8, message.length & 0xff), message]))
const hex = (messages: Iterable<Uint8Array>): string[] => Array.from(messages, message => Buffer.from(message).toString('hex'))

async function encrypter (): Promise<ConnectionEncrypter> {
  const privateKey = await generateKeyPair('Ed25519')
  const upgrader = { getStreamMuxers: () => new Map() }
  return noise()({ privateKey, peerId: peerIdFromPrivateKey(privateKey), logger: defaultLogger(), upgrader } as unknown as NoiseComponents)
}

/** Two ends of a connection that is encrypted. */
async function securedPair (): Promise<[MessageStream, MessageStream]> {
  const [outbound, inbound] = multiaddrConnectionPair()
  const [near, far] = [await encrypter(), await encrypter()]
  const secured = await Promise.all([near.secureOutbound(outbound, { skipStreamMuxerNegotiation: true }), far.secureInbound(inbound, { skipStreamMuxerNegotiation: true })])
  return [secured[0].connection, secured[1].connection]
}

/** What has arrived, in one piece. */
function listenTo (connection: MessageStream): () => Buffer {
  const parts: Uint8Array[] = []
  connection.addEventListener('message', ({ data }) => { parts.push(data.subarray()) })
  return () => Buffer.concat(parts)
}

describe('messages of Noise', () => {
  it('come out as they went in, wherever what was received is cut', () => {
    const message = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(255, 256, 65_535).map(length => new Uint8Array(length).fill(7)))
    fc.assert(fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 5 }), fc.boolean(), (messages, sizes, isListed) => {
      const bytes = framed(messages)
      const decoder = new NoiseMessages()
      const seen: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + (sizes[i % sizes.length] as number)
        const chunk = bytes.subarray(at, end)
        const middle = chunk.length >> 1
        seen.push(...decoder.decode(isListed ? new Uint8ArrayList(chunk.subarray(0, middle), chunk.subarray(middle)) : chunk))
        at = end
      }
      expect(hex(seen)).to.deep.equal(hex(messages.filter(({ length }) => length > 0)))
    }), { numRuns: 200 })
  })

  it('arrive one byte at a time', () => {
    const decoder = new NoiseMessages()
    const messages = [Uint8Array.of(1, 2, 3), new Uint8Array(300).fill(5), Uint8Array.of(4)]
    expect(hex([...framed(messages)].flatMap(byte => decoder.decode(Uint8Array.of(byte))))).to.deep.equal(hex(messages))
  })

  it('are not copied when they come in one piece', () => {
    const bytes = framed([Uint8Array.of(1, 2)])
    expect(new NoiseMessages().decode(bytes)[0]?.buffer).to.equal(bytes.buffer)
  })
})

describe('the decoder of a Noise connection', () => {
  it('is known, and replaced without anything being lost, whatever has come before', async () => {
    const [near, far] = await securedPair()
    const received = listenTo(far)
    const sent: Buffer[] = []
    const send = (length: number): void => {
      const bytes = Buffer.alloc(length, sent.length + 1)
      sent.push(bytes)
      near.send(bytes)
    }
    send(10)
    await until(() => received().length === 10, { what: 'the first message' })
    expect(decodeQuietly(far)).to.equal(true)
    for (const length of [1, 100, 70_000, 1, 500_000, 3]) send(length)
    await until(() => received().length === Buffer.concat(sent).length, { what: 'all messages' })
    expect(received().equals(Buffer.concat(sent))).to.equal(true)
  })

  it('hands over what it holds of a message', async () => {
    const [, far] = await securedPair()
    const { decoder } = far as unknown as { decoder: { decode: (data: Uint8Array) => Iterable<Uint8Array> } }
    const bytes = framed([Uint8Array.of(1, 2, 3, 4)])
    expect(hex(decoder.decode(bytes.subarray(0, 4)))).to.deep.equal([])
    expect(decodeQuietly(far)).to.equal(true)
    const { decoder: ours } = far as unknown as { decoder: NoiseMessages }
    expect(hex(ours.decode(bytes.subarray(4)))).to.deep.equal(['01020304'])
  })

  it('is left as it is on any other connection', () => {
    const decode = (): Uint8Array[] => []
    for (const other of [{}, { decoder: undefined }, { decoder: {} }, { decoder: { decode } }, { decoder: { decode, buffer: 5 } }, { decoder: { decode, buffer: { byteLength: 5 } } }, { decoder: { decode: 1, buffer: [] } }]) {
      const before = { ...other }
      expect(decodeQuietly(other as unknown as MessageStream)).to.equal(false)
      expect(other).to.deep.equal(before)
    }
  })
})

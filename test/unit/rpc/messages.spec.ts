// Messages of a stream whose reader takes its time.

import * as lp from 'it-length-prefixed'
import { expect } from 'chai'
import { messagesOf, sendMessage } from '../../../src/rpc/messages.js'
import { FakeStream } from '../../support/fake-stream.js'
import { settled } from '../../support/fake-clock.js'
import { rejection } from '../../support/thrown.js'

const WAITING = 1_000
const message = (bytes: number): Uint8Array => lp.encode.single(new Uint8Array(bytes)).subarray()

function start (): { stream: FakeStream, next: () => Promise<number | undefined> } {
  const stream = new FakeStream()
  const messages = messagesOf(stream.stream, { maxDataLength: 600, maxWaiting: WAITING })
  return {
    stream,
    next: async () => {
      const next = await messages.next()
      return next.done === true ? undefined : next.value.byteLength
    }
  }
}

describe('the messages of a stream', () => {
  it('come one after the other, and end when the peer has closed its end', async () => {
    const { stream, next } = start()
    stream.receive(Buffer.concat([message(3), message(4)]))
    stream.receive(message(5))
    stream.closeByPeer('remoteCloseWrite')
    expect([await next(), await next(), await next(), await next()]).to.deep.equal([3, 4, 5, undefined])
  })

  it('are waited for', async () => {
    const { stream, next } = start()
    const first = next()
    await settled()
    stream.receive(message(7).subarray(0, 3))
    await settled()
    stream.receive(message(7).subarray(3))
    expect(await first).to.equal(7)
  })

  it('are not read further while too much of them waits', async () => {
    const { stream, next } = start()
    for (let i = 0; i < 3; i++) stream.receive(message(500))
    expect(stream.isPaused).to.equal(true)
    await next()
    await next()
    await settled()
    expect(stream.isPaused).to.equal(false)
  })

  it('that are too long end it with an error, as does a stream that is lost', async () => {
    const long = start()
    long.stream.receive(message(601))
    expect((await rejection(long.next())).message).to.match(/too long/i)
    const lost = start()
    lost.stream.closeByPeer('close')
    expect((await rejection(lost.next())).name).to.equal('ConnectionLostError')
  })

  it('are sent when there is room, and not at all when the stream is lost', async () => {
    const stream = new FakeStream()
    await sendMessage(stream.stream, Uint8Array.of(1, 2))
    expect(stream.sends[0]).to.deep.equal(Uint8Array.of(2, 1, 2))
    stream.accepts = false
    let isSent = false
    const full = sendMessage(stream.stream, Uint8Array.of(1)).then(() => { isSent = true })
    await settled()
    expect(isSent).to.equal(false)
    stream.drain()
    await full
    stream.accepts = false
    const lost = rejection(sendMessage(stream.stream, Uint8Array.of(1)))
    stream.closeByPeer('close')
    expect((await lost).name).to.equal('ConnectionLostError')
  })
})

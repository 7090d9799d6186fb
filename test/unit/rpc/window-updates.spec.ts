// How often yamux says that a stream was read: two real muxers over a connection in memory.

import '../../../src/promise-with-resolvers.js'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { expect } from 'chai'
import { saveWindowUpdates } from '../../../src/rpc/window-updates.js'
import { until } from '../../support/until.js'
import type { Stream } from '@libp2p/interface'

/** Yamux's own smallest, and what is used of it here. */
const WINDOW = 256 * 1024

interface Pair {
  sender: Stream
  receiver: Stream
  /** Bytes that have arrived. */
  received: () => number
  /** Messages that the receiver's end has sent. */
  answers: () => number
}

async function setUp (isSaving: boolean): Promise<Pair> {
  const [outbound, inbound] = multiaddrConnectionPair()
  const options = { enableKeepAlive: false, streamOptions: { initialStreamWindowSize: WINDOW, maxStreamWindowSize: WINDOW } }
  const [near, far] = [outbound, inbound].map(connection => yamux(options)().createStreamMuxer(connection))
  if (near === undefined || far === undefined) throw new Error('two muxers were expected')
  let [received, answers] = [0, 0]
  const accepted = Promise.withResolvers<Stream>()
  far.addEventListener('stream', ({ detail: stream }) => {
    stream.addEventListener('message', ({ data }) => { received += data.byteLength })
    accepted.resolve(stream)
  })
  const sender = await near.createStream()
  sender.send(new Uint8Array(1))
  const receiver = await accepted.promise
  await until(() => received === 1, { what: 'the first byte' })
  if (isSaving) expect(saveWindowUpdates(receiver)).to.equal(true)
  outbound.addEventListener('message', () => { answers++ })
  return { sender, receiver, received: () => received - 1, answers: () => answers }
}

/** Sends one chunk after the other, and waits until all have arrived; or for each by itself. */
async function sendAll ({ sender, received }: Pair, chunks: number, bytes: number, how?: 'one by one'): Promise<void> {
  const before = received()
  for (let i = 1; i <= chunks; i++) {
    if (!sender.send(new Uint8Array(bytes))) await sender.onDrain()
    if (how === 'one by one') await until(() => received() === before + i * bytes, { what: 'a chunk' })
  }
  await until(() => received() === before + chunks * bytes, { what: 'all bytes' })
}

describe('window updates', () => {
  it('are sent for every frame by yamux itself: what is saved here', async () => {
    const pair = await setUp(false)
    await sendAll(pair, 50, 1_000, 'one by one')
    expect(pair.answers()).to.equal(50)
  })

  it('are not sent before half of the window is used up', async () => {
    const pair = await setUp(true)
    await sendAll(pair, 131, 1_000, 'one by one')
    expect(pair.answers()).to.equal(0)
    await sendAll(pair, 1, 1_000)
    await until(() => pair.answers() === 1, { what: 'one update' })
  })

  it('are sent in time: whatever the sizes, a sender never waits for ever', async () => {
    for (const bytes of [1_000, WINDOW / 2 - 1, WINDOW / 2, WINDOW / 2 + 1, WINDOW, 3 * WINDOW + 7]) {
      const pair = await setUp(true)
      const chunks = Math.ceil(10 * WINDOW / bytes)
      await sendAll(pair, chunks, bytes)
      expect(pair.answers()).to.be.at.least(Math.floor(chunks * bytes / WINDOW) - 1)
    }
  })

  it('are left as they are on what is no stream of yamux', () => {
    const send = (): void => {}
    for (const other of [{ send }, { sendWindowUpdate: send }, { sendWindowUpdate: send, recvWindow: 1 }, { sendWindowUpdate: 1, recvWindow: 1, recvWindowCapacity: 1 }]) {
      const before = { ...other }
      expect(saveWindowUpdates(other as unknown as Stream)).to.equal(false)
      expect(other).to.deep.equal(before)
    }
  })
})

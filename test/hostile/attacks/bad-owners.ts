// A member that owns keys, and answers those who ask it for them with something else, late, or not at all.

import { FrameReader } from '../../../src/rpc/frame-reader.js'
import { FrameType, idAfter, idOf, readGet, typeOf } from '../../../src/rpc/frames.js'
import { MIB, bytesOf, send } from '../frames.js'
import type { Stream } from '@libp2p/interface'
import type { Attack } from '../attack.js'

type Reply = (stream: Stream, id: number, isOver: () => boolean) => void

/** Bytes as MessagePack has them, so that whoever waits long enough gets a value. */
const HUGE = new Uint8Array(32 * MIB)
HUGE[0] = 0xc6
new DataView(HUGE.buffer).setUint32(1, HUGE.length - 5)

/** Answers everything but GETs as it should be. */
const badOwner = (name: string, mayHold: Attack['mayHold'], reply: Reply, more: Partial<Attack> = {}): Attack => ({
  name,
  mayHold,
  victimAsks: true,
  ...more,
  run: async target => {
    const protocol = target.protocol('rpc')
    const { libp2p } = target.node
    await libp2p.unhandle(protocol)
    await libp2p.handle(protocol, (stream: Stream) => {
      stream.addEventListener('close', () => { target.wasCutOff() }, { once: true })
      const reader = new FrameReader(frame => {
        const id = idOf(frame)
        if (typeOf(frame) === FrameType.get) readGet(frame).keys.forEach((_key, i) => { reply(stream, idAfter(id, i), () => target.isOver) })
        else if (typeOf(frame) === FrameType.catchUp) send(stream, bytesOf(frames => { frames.frame(FrameType.missed, id, new Uint8Array(5)) }))
        else if (typeOf(frame) !== FrameType.cancel) send(stream, bytesOf(frames => { frames.done(id, 0) }))
      })
      stream.addEventListener('message', ({ data }) => { for (const part of data instanceof Uint8Array ? [data] : data) reader.push(part) })
    }, { maxInboundStreams: 100 })
    // whoever has a stream to us opens another one
    for (const connection of libp2p.getConnections()) for (const stream of connection.streams) if (stream.protocol === protocol && stream.direction === 'inbound') stream.abort(new Error('from now on worse'))
    await target.over
  }
})

export const badOwners: Attack[] = [
  badOwner('an owner that answers with huge values', { bytes: 576 * MIB, because: 'as many as the callers have gets open, MAX_VALUE_BYTES each' }, (stream, id) => {
    send(stream, bytesOf(frames => { frames.value(id, { bytes: HUGE, ttl: Infinity, tags: [], mayKeep: true, isPopular: true }) }))
  }),
  badOwner('an owner that answers with the wrong types', { bytes: 96 * MIB, because: 'nothing is held' }, (stream, id) => {
    send(stream, bytesOf(frames => { frames.done(id, 0) }))
  }, { isLogged: /cutting off|refusing/ }),
  badOwner('an owner that never answers', { bytes: 96 * MIB, because: 'as many as the callers have gets open' }, () => {}, { ms: 30_000 }),
  badOwner('an owner that answers after 9 s', { bytes: 96 * MIB, because: 'as many as the callers have gets open' }, (stream, id, isOver) => {
    setTimeout(() => { if (!isOver()) send(stream, bytesOf(frames => { frames.bare(FrameType.miss, id) })) }, 9_000)
  })
]

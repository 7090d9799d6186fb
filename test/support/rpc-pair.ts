// RPC layers that reach each other over streams in memory: no libp2p.

import { peerIdFromString } from '@libp2p/peer-id'
import { Conduct } from '../../src/rpc/conduct.js'
import { Rpc } from '../../src/rpc/rpc.js'
import { fullHandler } from './answering-end.js'
import { FakeClock } from './fake-clock.js'
import { fakeLog } from './fake-log.js'
import { FakeStream } from './fake-stream.js'
import type { RequestHandler } from '../../src/rpc/request-handler.js'
import type { Connection, PeerId, Stream, StreamHandler } from '@libp2p/interface'

export const NEAR = peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')
export const FAR = peerIdFromString('12D3KooWCACr4LciSpr5KCvPXH4WFDRnNzxHJLUDHTfQSjRXs9Hi')

interface RpcEnd {
  rpc: Rpc
  /** Both ends of each stream that it opened, its own first. */
  streams: Array<[FakeStream, FakeStream]>
  /** Peers it cut all connections to. */
  aborted: string[]
  /** What opening a stream comes to, instead of a stream. */
  dial: (() => Promise<void>) | undefined
  /** What it awaits before it answers a peer. */
  onPeer: (id: string) => Promise<void>
  /** As libp2p would, when a peer has opened a stream to it. */
  accept: (stream: FakeStream, from: PeerId) => void
}

export interface RpcPair { clock: FakeClock, near: RpcEnd, far: RpcEnd }

export interface RpcPairInit {
  near?: Partial<RequestHandler>
  far?: Partial<RequestHandler>
  timeout?: number
}

/** Two of them, started. */
export async function startRpcPair ({ near = {}, far = {}, timeout = 10_000 }: RpcPairInit = {}): Promise<RpcPair> {
  const clock = new FakeClock()
  const ends: RpcEnd[] = []
  const end = (self: PeerId, handler: Partial<RequestHandler>, other: () => RpcEnd): RpcEnd => {
    let onStream: StreamHandler | undefined
    const made: RpcEnd = {
      streams: [],
      aborted: [],
      dial: undefined,
      onPeer: async () => {},
      accept: (stream, from) => { void onStream?.(stream.stream, { remotePeer: from } as Connection) },
      rpc: new Rpc({
        protocol: '/test',
        timeout,
        dialler: {
          openStream: async (): Promise<Stream> => {
            await made.dial?.()
            const pair = FakeStream.pair()
            made.streams.push(pair)
            other().accept(pair[1], self)
            return pair[0].stream
          },
          abort: peer => { made.aborted.push(peer.toString()) }
        },
        registrar: {
          handle: async (_protocols, handler) => { onStream = handler },
          unhandle: async () => { onStream = undefined }
        },
        handler: fullHandler(handler),
        conduct: new Conduct({ clock, log: () => {}, onRefused: () => {}, onReadmitted: () => {} }),
        onPeer: id => made.onPeer(id),
        clock,
        log: fakeLog()
      })
    }
    return made
  }
  ends.push(end(NEAR, near, () => ends[1] as RpcEnd), end(FAR, far, () => ends[0] as RpcEnd))
  for (const { rpc } of ends) await rpc.start()
  return { clock, near: ends[0] as RpcEnd, far: ends[1] as RpcEnd }
}

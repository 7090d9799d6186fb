// What a discovery source is handed when its node starts, without a node.

import { peerIdFromString } from '@libp2p/peer-id'
import { fakeLog } from './fake-log.js'
import type { DiscoveryContext } from '../../src/index.js'
import type { PeerId } from '@libp2p/interface'

export interface FakeContext {
  context: DiscoveryContext
  /** Addresses dialled. */
  dialled: string[]
  /** Lists handed on. */
  replaced: string[][]
  signals: AbortSignal[]
  connected: { is: boolean }
  /** Two others; the first one answers everywhere. */
  peers: readonly PeerId[]
  log: ReturnType<typeof fakeLog>
}

const peers = ['12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg', '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'].map(id => peerIdFromString(id))

/** @param connect - how a dial ends */
export function fakeContext (connect: (address: string) => void | Promise<void> = () => {}): FakeContext {
  const [dialled, replaced, signals]: [string[], string[][], AbortSignal[]] = [[], [], []]
  const connected = { is: false }
  const log = fakeLog()
  const context: Partial<DiscoveryContext> = {
    cluster: 'test',
    peerId: peerIdFromString('12D3KooWCACr4LciSpr5KCvPXH4WFDRnNzxHJLUDHTfQSjRXs9Hi'),
    log,
    addresses: () => [],
    connect: async (address, options): Promise<PeerId> => {
      dialled.push(address.toString())
      if (options?.signal !== undefined && options.signal !== null) signals.push(options.signal)
      await connect(address.toString())
      connected.is = true
      return peers[0] as PeerId
    },
    connected: () => connected.is,
    replace: async peers => { replaced.push([...peers].map(String)) }
  }
  return { context: context as DiscoveryContext, dialled, replaced, signals, connected, peers, log }
}

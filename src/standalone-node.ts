// A libp2p node that exists for one member alone, with the settings that a cache needs, over whichever transport.

import './promise-with-resolvers.js'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { InvalidParametersError, serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { setImmediate as nextRound, setTimeout as delay } from 'node:timers/promises'
import { systemClock } from './clock.js'
import { MAX_PENDING_CONNECTIONS, OFFENCES_KEPT_FOR, STREAM_BYTES } from './constants.js'
import { ListenError } from './errors.js'
import { GonePeers } from './gone-peers.js'
import { GroupcacheService } from './groupcache.js'
import { leftoverTimers } from './leftover-timers.js'
import { secureCluster } from './security/cluster-security.js'
import { settingsOf } from './settings.js'
import { functionOption } from './validation.js'
import type { GroupcacheComponents, GroupcacheInit, GroupcacheOptions, StandaloneGroupcache } from './interface/groupcache.js'
import type { Libp2p, PeerId, PrivateKey, Startable } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

/** Cluster members come from one or few hosts, all at once after a deploy; libp2p's own limit is 5 a second. */
const INBOUND_CONNECTIONS_PER_SECOND = 1_000
/** Streams that a peer opens before this side has finished its handshake; one more than this ends the connection. */
const MAX_EARLY_STREAMS = 100

/** Milliseconds. */
const QUEUES_GONE_AFTER = 2

/** What of the options is the node's own affair. */
type NodeOptions = { [Name in 'privateKey' | 'metrics' | 'secret' | 'allow']?: GroupcacheOptions[Name] | undefined }

export interface StandaloneInit extends NodeOptions {
  init: GroupcacheInit
  addresses: { listen: string[], announce: string[] }
  transport: NonNullable<Libp2pOptions['transports']>[number]
}

/** The member, whose node is not started yet. @throws InvalidParametersError when an option is wrong */
export async function buildStandalone ({ init, addresses, transport, privateKey, metrics, secret, allow }: StandaloneInit): Promise<StandaloneService> {
  const { cluster } = settingsOf(init)
  const { connectionEncrypters, connectionGater, mayJoin } = await secureCluster({ cluster, secret, allow })
  let cache: StandaloneService | undefined
  const node = await createLibp2p({
    start: false,
    addresses,
    ...(privateKey === undefined ? {} : { privateKey: privateKeyOption(privateKey) }),
    ...(metrics === undefined ? {} : { metrics: functionOption('metrics', metrics) }),
    transports: [transport],
    connectionEncrypters,
    connectionGater,
    streamMuxers: [yamux({ maxEarlyStreams: MAX_EARLY_STREAMS, streamOptions: { maxStreamWindowSize: STREAM_BYTES, maxReadBufferLength: STREAM_BYTES } })],
    connectionManager: {
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS
    },
    // liveness is the membership's affair; the monitor would open a stream a second on an idle node of ten
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      pubsub: gossipsub(gossipsubSettings),
      groupcache: (components: GroupcacheComponents) => {
        cache = new StandaloneService(components, init, mayJoin)
        return cache.service
      }
    }
  })
  // libp2p makes each of its services as it is made itself
  const made = cache as unknown as StandaloneService
  made.libp2p = node
  return made
}

/** libp2p would fail with a TypeError at raw bytes. */
function privateKeyOption (value: PrivateKey): PrivateKey {
  // what came is not shown: it is meant to be secret
  const { type, raw, publicKey, sign }: Partial<PrivateKey> = Object(value) as Partial<PrivateKey>
  const isKey = typeof type === 'string' && raw instanceof Uint8Array && typeof sign === 'function' && typeof publicKey === 'object' && publicKey !== null
  if (!isKey) throw new InvalidParametersError('privateKey: expected a private key of libp2p\'s, such as generateKeyPair(\'Ed25519\') of @libp2p/crypto/keys makes')
  return value
}

/**
 * For a node that brings its own gossipsub, too: members of one host must not be punished for it
 * (gossipsub drops all traffic from the 12th on), and the news of an idle cluster should cost nothing.
 */
export const gossipsubSettings = {
  allowPublishToZeroTopicPeers: true,
  floodPublish: true,
  // everybody is connected to everybody: a thin mesh is enough, and cuts the cost of a delivery to a quarter at 50 nodes
  D: 3,
  Dlo: 2,
  Dhi: 4,
  Dout: 1,
  Dscore: 1,
  Dlazy: 2,
  // recognises a duplicate before its signature is verified, which costs 0.2 ms
  fastMsgIdFn: ({ from, seqno }: { from?: Uint8Array | null, seqno?: Uint8Array | null }) => `${latin1(from)}/${latin1(seqno)}`,
  // who has gone is forgotten as soon as an offence is, and not kept for an hour
  scoreParams: { IPColocationFactorWeight: 0, retainScore: OFFENCES_KEPT_FOR }
}

/** The service of a node that exists for it alone: starting and stopping it starts and stops the node, which starts and stops its {@link service}. */
export class StandaloneService extends GroupcacheService implements StandaloneGroupcache {
  // set right after the node was made; a node needs its services first
  libp2p!: Libp2p
  /** The service as its node has it: whoever else calls `start` and `stop` wants the whole node to. */
  readonly service: Startable
  readonly #parts: GroupcacheComponents
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor (components: GroupcacheComponents, init: GroupcacheInit, mayJoin?: (id: string) => boolean) {
    super(components, init, mayJoin)
    this.#parts = components
    const { peerStore, connectionManager, logger } = components
    const isPresent = (peer: PeerId): boolean => this.members.some(member => member.peerId.equals(peer)) || connectionManager.getConnections(peer).length > 0
    const gonePeers = new GonePeers({ peerStore, isPresent, clock: systemClock, logger })
    const service = {
      [Symbol.toStringTag]: this[Symbol.toStringTag],
      [serviceCapabilities]: this[serviceCapabilities],
      [serviceDependencies]: this[serviceDependencies],
      beforeStart: () => { this.beforeStart() },
      start: async () => {
        gonePeers.start()
        await super.start()
      },
      afterStart: () => this.afterStart(),
      beforeStop: () => this.beforeStop(),
      stop: async () => {
        gonePeers.stop()
        await super.stop()
      }
    }
    this.service = service
  }

  override async start (): Promise<void> {
    // set in the caller's tick, so that a stop right behind it finds it
    this.#starting ??= this.#startNode().finally(() => { this.#starting = undefined })
    await this.#starting
  }

  async #startNode (): Promise<void> {
    await this.#stopping
    if (this.libp2p.status !== 'stopped') return
    try {
      await this.libp2p.start()
    } catch (err) {
      throw inOwnWords(err)
    }
  }

  override async stop (): Promise<void> {
    // a start that fails tells whoever called it
    await this.#starting?.catch(() => {})
    if (this.libp2p.status === 'started') {
      this.#stopping = this.#stopNode().finally(() => { this.#stopping = undefined })
    }
    await this.#stopping
  }

  async #stopNode (): Promise<void> {
    const clearTimers = leftoverTimers(this.#parts)
    await this.libp2p.stop()
    clearTimers()
    // what was closed has gone when the event loop has come round, and libp2p's queues have when their last millisecond is over
    await delay(QUEUES_GONE_AFTER)
    await nextRound()
  }

  /** Ends as a killed process does: without a goodbye, and with nothing handed over. For tests that want to see it happen. */
  async kill (): Promise<void> {
    await this.abandon()
    await this.stop()
  }
}

/** libp2p names a setting that is none of ours, and the reasons with their stacks, one below the other. */
function inOwnWords (err: unknown): unknown {
  if (!(err instanceof Error) || err.name !== 'UnsupportedListenAddressesError') return err
  const lines = err.message.matchAll(/^\s*(\/\S+): (?:\w*Error: )?(.+)$/gm)
  return new ListenError([...lines].map(([, address = '', reason = '']) => ({ address, reason })), err)
}

function latin1 (bytes: Uint8Array | null | undefined): string {
  return bytes == null ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

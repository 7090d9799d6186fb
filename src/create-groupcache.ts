// Builds the libp2p node for those who do not have one, with the settings that a cache needs.

import './promise-with-resolvers.js'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { InvalidParametersError } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { MAX_PENDING_CONNECTIONS, STREAM_BYTES } from './constants.js'
import { show } from './errors.js'
import { GroupcacheService } from './groupcache.js'
import { secureCluster } from './security/cluster-security.js'
import { warnOfOpenDoor } from './security/warnings.js'
import { INIT_OPTIONS, settingsOf } from './settings.js'
import { functionOption, optionsObject } from './validation.js'
import type { GroupcacheComponents, GroupcacheOptions, StandaloneGroupcache } from './interface/groupcache.js'
import type { Libp2p } from '@libp2p/interface'

/** Cluster members come from one or few hosts, all at once after a deploy; libp2p's own limit is 5 a second. */
const INBOUND_CONNECTIONS_PER_SECOND = 1_000
/** Workers of node:cluster, and so of PM2, would share one port, and be taken for each other. The type of the option lacks it; it is passed on. */
const OWN_PORT = { exclusive: true } as object
/** Streams that a peer opens before this side has finished its handshake; one more than this ends the connection. */
const MAX_EARLY_STREAMS = 100

/**
 * Starts a member with a libp2p node of its own: TCP, Noise, Yamux, gossipsub.
 *
 * @throws InvalidParametersError when an option is wrong
 * @throws whatever libp2p says when it cannot listen (a port in use, an address of another host)
 */
export async function createGroupcache (options: GroupcacheOptions = {}): Promise<StandaloneGroupcache> {
  const { listen, announce, privateKey, secret, allow, metrics, ...init } = optionsObject<GroupcacheOptions>('options', options, [...INIT_OPTIONS, 'listen', 'announce', 'privateKey', 'secret', 'allow', 'metrics'])
  const addresses = {
    listen: addressesOption('listen', listen) ?? ['/ip4/0.0.0.0/tcp/0'],
    announce: addressesOption('announce', announce) ?? []
  }
  const { cluster } = settingsOf(init)
  const { connectionEncrypters, connectionGater, mayJoin } = await secureCluster({ cluster, secret, allow })
  const node = await createLibp2p({
    start: false,
    addresses,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(metrics === undefined ? {} : { metrics: functionOption('metrics', metrics) }),
    transports: [tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0, listenOpts: OWN_PORT })],
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
      groupcache: (components: GroupcacheComponents) => new StandaloneService(components, init, mayJoin)
    }
  })
  const cache = node.services.groupcache
  cache.libp2p = node
  await node.start()
  if (secret === undefined && allow === undefined) warnOfOpenDoor(addresses.listen)
  return cache
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
  scoreParams: { IPColocationFactorWeight: 0 }
}

/** The service of a node that exists for it alone: starting and stopping it starts and stops the node. */
class StandaloneService extends GroupcacheService implements StandaloneGroupcache {
  // set right after the node was made; a node needs its services first
  libp2p!: Libp2p
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  override async start (): Promise<void> {
    if (this.libp2p.status === 'starting') return super.start()
    // set in the caller's tick, so that a stop right behind it finds it
    this.#starting ??= this.#startNode().finally(() => { this.#starting = undefined })
    await this.#starting
  }

  async #startNode (): Promise<void> {
    await this.#stopping
    if (this.libp2p.status === 'stopped') await this.libp2p.start()
  }

  override async stop (): Promise<void> {
    // libp2p calls this method while it stops; everybody else wants libp2p to stop
    if (this.libp2p.status === 'stopping') return super.stop()
    // a start that fails tells whoever called it
    await this.#starting?.catch(() => {})
    if (this.libp2p.status === 'started') {
      this.#stopping = Promise.resolve(this.libp2p.stop()).finally(() => { this.#stopping = undefined })
    }
    await this.#stopping
  }
}

function latin1 (bytes: Uint8Array | null | undefined): string {
  return bytes == null ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function addressesOption (what: string, value: unknown): string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every(address => typeof address === 'string')) {
    throw new InvalidParametersError(`${what}: expected an array of multiaddrs such as /ip4/0.0.0.0/tcp/4001, got ${show(value)}`)
  }
  return value
}

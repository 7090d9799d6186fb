// Who may connect to a libp2p node of a cluster: the parts of its configuration that see to that.

import { noise } from '@libp2p/noise'
import { systemClock } from '../clock.js'
import { DEFAULT_CLUSTER } from '../constants.js'
import { nameOption, optionsObject } from '../validation.js'
import { allowOption } from './allow-list.js'
import { Gate } from './gate.js'
import { KeyedNoise } from './keyed-noise.js'
import { LeanEncrypter } from './lean-encrypter.js'
import { secretsOption, stretch } from './secret.js'
import type { Secret } from '../interface/groupcache.js'
import type { SecretKey } from './secret.js'
import type { ConnectionEncrypter, ConnectionGater, PeerId } from '@libp2p/interface'
import type { NoiseComponents } from '@libp2p/noise'

export interface ClusterSecurityInit {
  /** As given to `groupcache`. @default 'default' */
  cluster?: string | undefined
  /** See GroupcacheOptions. */
  secret?: Secret | readonly Secret[] | undefined
  /** See GroupcacheOptions. */
  allow?: ReadonlyArray<string | PeerId> | undefined
}

/** To be spread into the options of one libp2p node. */
export interface ClusterSecurity {
  /** Noise and nothing else: one for each secret, the first preferred. */
  connectionEncrypters: Array<(components: NoiseComponents) => ConnectionEncrypter>
  /** Lets in whom `allow` lists. */
  connectionGater: ConnectionGater
}

/**
 * What `secret` and `allow` are to `createGroupcache`, for a libp2p node of the application's own. Then
 * only members can connect to that node, whatever else it speaks: any other encrypter beside these lets
 * everybody in again.
 *
 * ```ts
 * const libp2p = await createLibp2p({
 *   ...await clusterSecurity({ cluster: 'shop', secret }),
 *   services: { identify: identify(), pubsub: gossipsub(gossipsubSettings), cache: groupcache({ cluster: 'shop' }) }
 * })
 * ```
 *
 * @throws InvalidParametersError when an option is wrong; it never shows a secret
 */
export async function clusterSecurity (init: ClusterSecurityInit = {}): Promise<ClusterSecurity> {
  const { connectionEncrypters, connectionGater } = await secureCluster(init)
  return { connectionEncrypters, connectionGater }
}

/** As {@link clusterSecurity}, and whether a peer may be a member at all. */
export async function secureCluster (init: ClusterSecurityInit): Promise<ClusterSecurity & { mayJoin: (id: string) => boolean }> {
  const known = optionsObject<ClusterSecurityInit>('options', init, ['cluster', 'secret', 'allow'])
  const cluster = known.cluster === undefined ? DEFAULT_CLUSTER : nameOption('cluster', known.cluster)
  const secrets = secretsOption(known.secret)
  const gate = new Gate(allowOption(known.allow), systemClock)
  const keys: SecretKey[] = []
  // one after the other: each takes memory while it lasts
  for (const secret of secrets) keys.push(await stretch(secret, cluster))
  const encrypters = keys.length === 0
    ? [noise()]
    : keys.map(key => (components: NoiseComponents) => new KeyedNoise(components, key))
  return {
    connectionEncrypters: encrypters.map(encrypter => components => {
      gate.log ??= components.logger.forComponent('groupcache:security')
      return new LeanEncrypter(encrypter(components))
    }),
    connectionGater: gate.connectionGater,
    mayJoin: id => gate.allows(id)
  }
}

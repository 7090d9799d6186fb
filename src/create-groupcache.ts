// A member with a libp2p node of its own, for those who do not have one.

import { InvalidParametersError } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { show } from './errors.js'
import { parseAddress } from './rpc/addresses.js'
import { INIT_OPTIONS } from './settings.js'
import { buildStandalone } from './standalone-node.js'
import { optionsObject } from './validation.js'
import { warnOfOpenDoor } from './warnings.js'
import type { GroupcacheOptions, StandaloneGroupcache } from './interface/groupcache.js'

/** Workers of node:cluster, and so of PM2, would share one port, and be taken for each other. The type of the option lacks it; it is passed on. */
const OWN_PORT = { exclusive: true } as object

/**
 * Starts a member with a libp2p node of its own: TCP, Noise, Yamux, gossipsub.
 *
 * @throws InvalidParametersError when an option is wrong
 * @throws ListenError when it cannot listen (a port in use, an address of another host)
 */
export async function createGroupcache (options: GroupcacheOptions = {}): Promise<StandaloneGroupcache> {
  const { listen, announce, privateKey, secret, allow, metrics, ...init } = optionsObject<GroupcacheOptions>('options', options, [...INIT_OPTIONS, 'listen', 'announce', 'privateKey', 'secret', 'allow', 'metrics'])
  const addresses = {
    listen: addressesOption('listen', listen) ?? ['/ip4/0.0.0.0/tcp/0'],
    announce: addressesOption('announce', announce) ?? []
  }
  const transport = tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0, listenOpts: OWN_PORT })
  const cache = await buildStandalone({ init, addresses, transport, privateKey, secret, allow, metrics })
  await cache.start()
  if (secret === undefined && allow === undefined) warnOfOpenDoor(addresses.listen)
  return cache
}

function addressesOption (what: string, value: unknown): string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every(address => typeof address === 'string')) {
    throw new InvalidParametersError(`${what}: expected an array of multiaddrs such as /ip4/0.0.0.0/tcp/4001, got ${show(value)}`)
  }
  for (const address of value) parseAddress(address, what)
  return value
}

// Discovery on the local network by multicast DNS: the default, and nothing to configure.

import { mdns as libp2pMdns } from '@libp2p/mdns'
import { systemClock } from '../clock.js'
import { durationOption, optionsObject } from '../validation.js'
import { Introductions } from './introductions.js'
import { serviceTag } from './service-tag.js'
import type { Discovery, DiscoverySource } from '../interface/groupcache.js'

export interface MdnsInit {
  /** Milliseconds between two queries. @default 10_000 */
  interval?: number | undefined
}

/** Finds the nodes of the same cluster on the LAN. Clouds have no multicast: use bootstrap or pull there. */
export function mdns (init: MdnsInit = {}): Discovery {
  const known = optionsObject<MdnsInit>('mdns options', init, ['interval'])
  const interval = durationOption('mdns interval', known.interval, 10_000)
  return (context): DiscoverySource => {
    const { peerId, components } = context
    const introductions = new Introductions(context, systemClock)
    const module = libp2pMdns({ serviceTag: serviceTag(context.cluster), interval })({
      peerId,
      logger: components.logger,
      addressManager: components.addressManager
    } as Parameters<ReturnType<typeof libp2pMdns>>[0]) as MdnsModule
    module.addEventListener('peer', event => {
      const { id, multiaddrs } = event.detail
      introductions.found(multiaddrs.map(address => address.encapsulate(`/p2p/${id.toString()}`)))
    })
    return {
      start: () => {
        introductions.start()
        return module.start()
      },
      stop: () => {
        introductions.stop()
        return module.stop()
      }
    }
  }
}

/** The module is typed as a discovery only; starting and stopping it is libp2p's affair otherwise. */
type MdnsModule = ReturnType<ReturnType<typeof libp2pMdns>> & DiscoverySource

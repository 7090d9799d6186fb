// Lists as sources and registries hand them over: anything may be in them.

import { MAX_LISTED_ADDRESSES } from '../constants.js'
import { messageOf, show } from '../errors.js'
import { parseAddress } from '../rpc/addresses.js'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface FoundList {
  /** Each once, in the order given, at most MAX_LISTED_ADDRESSES. */
  addresses: Multiaddr[]
  /** What could not be used, in words; undefined = all could. */
  fault: string | undefined
}

/**
 * What can be used of a list. It may be endless, so it is read as far as the limit.
 *
 * @throws TypeError when it is no iterable of several things; whatever it throws while it is read
 */
export function readList (list: unknown): FoundList {
  if (list === null || typeof list !== 'object' || !(Symbol.iterator in list)) throw new TypeError(`expected an iterable of multiaddrs, got ${show(list)}`)
  const addresses = new Map<string, Multiaddr>()
  const faults: string[] = []
  let read = 0
  for (const item of list as Iterable<unknown>) {
    if (++read > MAX_LISTED_ADDRESSES) {
      faults.push(`only the first ${MAX_LISTED_ADDRESSES} addresses are looked at`)
      break
    }
    try {
      const address = parseAddress(item as string)
      addresses.set(address.toString(), address)
    } catch (err) {
      // one is enough to find what is wrong
      if (faults.length === 0) faults.push(messageOf(err))
    }
  }
  return { addresses: [...addresses.values()], fault: faults.length === 0 ? undefined : faults.join('; ') }
}

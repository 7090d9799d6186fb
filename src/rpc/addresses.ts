// Addresses and peer ids as users and peers write them.

import { InvalidParametersError } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { CODE_DNS, CODE_DNS4, CODE_DNS6, CODE_DNSADDR, CODE_P2P, isMultiaddr, multiaddr } from '@multiformats/multiaddr'
import { fromString } from 'uint8arrays/from-string'
import { messageOf, show } from '../errors.js'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const NAMES: ReadonlySet<number> = new Set([CODE_DNS, CODE_DNS4, CODE_DNS6, CODE_DNSADDR])

/** @throws InvalidParametersError for what is no multiaddr that can be dialled */
export function parseAddress (peer: string | Multiaddr, what = 'peer'): Multiaddr {
  try {
    const address = isMultiaddr(peer) ? peer : multiaddr(peer)
    if (address.getComponents().length === 0) throw new Error('it is empty')
    return address
  } catch (err) {
    throw new InvalidParametersError(`${what}: expected a multiaddr such as /ip4/10.0.0.7/tcp/4001, got ${show(peer)}: ${messageOf(err)}`)
  }
}

/** The peer id at the end of an address, where it has one. */
export function peerIdIn (address: Multiaddr): string | undefined {
  return address.getComponents().findLast(component => component.code === CODE_P2P)?.value
}

/** Whether an address has a name in it, behind which there may be another peer each time. */
export function isName (address: Multiaddr): boolean {
  return address.getComponents().some(({ code }) => NAMES.has(code))
}

/** The addresses among `texts` that are some, each with the peer id of its member: a peer may have sent nonsense. */
export function memberAddresses (texts: readonly string[], id: string): Multiaddr[] {
  return texts.flatMap(text => {
    try {
      const address = multiaddr(text)
      const named = peerIdIn(address)
      if (named === undefined) return [address.encapsulate(`/p2p/${id}`)]
      return named === id ? [address] : []
    } catch {
      return []
    }
  })
}

/** @returns undefined for what is no peer id */
export function parsePeerId (text: string): PeerId | undefined {
  try {
    return peerIdFromString(text)
  } catch {
    return undefined
  }
}

/** The text of an Ed25519 key's id, as far as characters say; the decoder takes some for digits that are none. */
const ED25519_TEXT = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/
/** How the bytes behind it begin: a multihash that holds what it is of, 36 bytes; and in these, a key of this type, 32 bytes. */
const ED25519 = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]
const ED25519_BYTES = 38

/** Whether this is the text of a peer id, as libp2p itself writes it: there are several, and one peer is not to be taken for two. */
export function isPeerIdText (text: string): boolean {
  // nearly all are such; there is one text for these bytes, and to make a key of them and write it again takes three times as long
  if (ED25519_TEXT.test(text)) {
    const bytes = fromString(text, 'base58btc')
    if (bytes.length === ED25519_BYTES && ED25519.every((byte, i) => bytes[i] === byte)) return true
  }
  return parsePeerId(text)?.toString() === text
}

/** A peer id of libp2p's, and no text or address. */
export function isPeerId (value: unknown): value is PeerId {
  return typeof value === 'object' && value !== null && 'toMultihash' in value
}

/** Of a member, whose id was checked when it came in. @throws InvalidParametersError for what is no peer id */
export function peerIdOf (id: string): PeerId {
  const peerId = parsePeerId(id)
  if (peerId === undefined) throw new InvalidParametersError(`peer: expected a peer id, got ${id}`)
  return peerId
}

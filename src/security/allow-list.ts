// The peers that a node lets in, where it does not let everybody in.

import { InvalidParametersError } from '@libp2p/interface'
import { show } from '../errors.js'
import { isPeerId, parsePeerId } from '../rpc/addresses.js'

/**
 * The ids of an `allow` option; undefined when everybody is.
 *
 * @throws InvalidParametersError for what is no list of peer ids
 */
export function allowOption (value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new InvalidParametersError(`allow: expected an array of peer ids, got ${show(value)}`)
  return new Set(value.map(idOf))
}

function idOf (peer: unknown): string {
  // spelled as libp2p spells it: an id can be written in several ways
  const id = isPeerId(peer) ? peer : typeof peer === 'string' ? parsePeerId(peer) : undefined
  if (id === undefined) throw new InvalidParametersError(`allow: expected peer ids such as 12D3KooW…, got ${show(peer)}`)
  return id.toString()
}

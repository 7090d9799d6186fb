// The secret that the nodes of a cluster share: checked, stretched, and never shown.

import { InvalidParametersError } from '@libp2p/interface'
import { hkdfSync, scrypt } from 'node:crypto'
import { isUint8Array } from 'node:util/types'
import { MAX_SECRETS, MIN_SECRET_BYTES } from '../constants.js'

/**
 * What a guess costs: about a quarter of a second and 32 MiB, as OWASP's password storage cheat sheet asks
 * for. All nodes have to agree on these numbers: they are part of the protocol.
 */
const STRETCHING = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 } as const
const KEY_BYTES = 32
/** It need only tell apart the few secrets in use; what keeps strangers out is the prologue. */
const ID_BYTES = 8

/** What a secret has become. It opens the cluster as well as the secret does, so it is shown to nobody either. */
export interface SecretKey {
  /** Public: by it two nodes find which secret they have in common. Hexadecimal. */
  id: string
  /** Both ends of a handshake have to have the same. */
  prologue: Uint8Array
}

/**
 * The secrets of an option, as bytes of our own; none when it is undefined.
 *
 * @throws InvalidParametersError which tells the length of what came, and nothing else of it
 */
export function secretsOption (value: unknown): Uint8Array[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [secretOption('secret', value)]
  if (value.length === 0 || value.length > MAX_SECRETS) {
    throw new InvalidParametersError(`secret: expected 1 to ${MAX_SECRETS} secrets in the array, got an array of ${value.length}`)
  }
  return value.map((each, i) => secretOption(`secret ${i + 1} of ${value.length}`, each))
}

function secretOption (what: string, value: unknown): Uint8Array {
  // a lone surrogate would become the same bytes as any other one
  const bytes = typeof value === 'string' && value.isWellFormed() ? Buffer.from(value) : isUint8Array(value) ? Uint8Array.from(value) : undefined
  if (bytes === undefined || bytes.length < MIN_SECRET_BYTES) {
    throw new InvalidParametersError(`${what}: expected a well-formed string or a Uint8Array of at least ${MIN_SECRET_BYTES} bytes, got ${kindOf(value)}${bytes === undefined ? '' : ` of ${bytes.length} bytes`}`)
  }
  return bytes
}

/** Of any value, what may be shown although it was meant to be a secret. */
function kindOf (value: unknown): string {
  if (typeof value === 'string') return value.isWellFormed() ? 'a string' : 'a string with lone surrogates'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (isUint8Array(value)) return 'a Uint8Array'
  return value === undefined ? 'undefined' : `a value of type ${typeof value}`
}

/**
 * Makes guessing expensive, by scrypt with the cluster's name as salt: nodes of another cluster do not get in with
 * the same secret, and one search does not serve for all clusters. Takes a quarter of a second, not of this thread.
 */
export async function stretch (secret: Uint8Array, cluster: string): Promise<SecretKey> {
  const key = await new Promise<Buffer>((resolve, reject) => {
    scrypt(secret, `groupcache secret 1\0${cluster}`, KEY_BYTES, STRETCHING, (err, derived) => {
      // Bun says undefined where Node says null
      if (err instanceof Error) reject(err)
      else resolve(derived)
    })
  })
  const derive = (purpose: string, bytes: number): Uint8Array => new Uint8Array(hkdfSync('sha256', key, '', `groupcache ${purpose} 1`, bytes))
  return { id: Buffer.from(derive('key id', ID_BYTES)).toString('hex'), prologue: derive('noise prologue', KEY_BYTES) }
}

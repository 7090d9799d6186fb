// What each way of placing keys has to offer to be measured.

import { HashRing } from '../../src/ring/hash-ring.js'
import { SLOTS } from '../../src/ring/distance.js'

export interface Node {
  readonly name: string
  readonly weight: number
}

export interface Placement {
  add: (node: Node) => void
  remove: (name: string) => void
  /** The name of the owner of what hashes to `hash`. */
  owner: (hash: number) => string
  /** Of its tables. */
  readonly bytes: number
}

export interface Candidate {
  readonly name: string
  readonly hasWeights: boolean
  readonly create: () => Placement
}

/** MurmurHash3's finaliser. */
export function mix (value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The one in src/. */
export class Chosen implements Placement {
  readonly bytes = 4 * SLOTS
  readonly #ring = new HashRing()

  add ({ name, weight }: Node): void {
    this.#ring.addPeer({ id: name, name, weight })
  }

  remove (name: string): void {
    this.#ring.removePeer(name)
  }

  owner (hash: number): string {
    return this.#ring.owner(hash) ?? ''
  }
}

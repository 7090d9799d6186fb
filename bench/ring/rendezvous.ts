// Rendezvous hashing: each member has a score for a key, or for a slot of keys, and the best one owns it.

import { hash32 } from '../../src/ring/hash.js'
import { mix } from './candidate.js'
import type { Node, Placement } from './candidate.js'

interface Scorer extends Node {
  readonly seed: number
}

const scorer = (node: Node): Scorer => ({ ...node, seed: hash32(node.name) })

/** The lowest wins; exponential, so that shares are as weights. */
function score ({ seed, weight }: Scorer, what: number): number {
  return -Math.log((mix(mix(what ^ seed) + seed) + 0.5) / 2 ** 32) / weight
}

/** Asks each member for each key. */
export class PlainRendezvous implements Placement {
  readonly bytes = 0
  #nodes: Scorer[] = []

  add (node: Node): void {
    this.#nodes.push(scorer(node))
  }

  remove (name: string): void {
    this.#nodes = this.#nodes.filter(node => node.name !== name)
  }

  owner (hash: number): string {
    let owner: Scorer | undefined
    let least = Infinity
    for (const node of this.#nodes) {
      const found = score(node, hash)
      if (found >= least) continue
      least = found
      owner = node
    }
    return owner?.name ?? ''
  }
}

abstract class SlotTable {
  protected nodes: Array<Scorer | undefined> = []
  protected readonly owners: Uint16Array
  readonly #shift: number

  constructor (bits: number) {
    this.owners = new Uint16Array(2 ** bits)
    this.#shift = 32 - bits
  }

  owner (hash: number): string {
    return this.nodes[this.owners[hash >>> this.#shift] as number]?.name ?? ''
  }
}

/** All slots are kept up to date: a newcomer is compared with the owner of each. */
export class RandomSlots extends SlotTable implements Placement {
  readonly #least: Float64Array

  constructor (bits: number) {
    super(bits)
    this.#least = new Float64Array(this.owners.length).fill(Infinity)
  }

  get bytes (): number {
    return this.owners.byteLength + this.#least.byteLength
  }

  add (node: Node): void {
    const added = scorer(node)
    const index = this.nodes.push(added) - 1
    for (let slot = 0; slot < this.owners.length; slot++) this.#compare(slot, added, index)
  }

  remove (name: string): void {
    const gone = this.nodes.findIndex(node => node?.name === name)
    this.nodes[gone] = undefined
    for (let slot = 0; slot < this.owners.length; slot++) {
      if (this.owners[slot] !== gone) continue
      this.#least[slot] = Infinity
      for (const [index, node] of this.nodes.entries()) if (node !== undefined) this.#compare(slot, node, index)
    }
  }

  #compare (slot: number, node: Scorer, index: number): void {
    const found = score(node, slot)
    if (found >= (this.#least[slot] as number)) return
    this.#least[slot] = found
    this.owners[slot] = index
  }
}

/** No member has more than its share, and 1 % of it: a slot whose best is full goes to the next best. */
export class BoundedSlots extends SlotTable implements Placement {
  get bytes (): number {
    return this.owners.byteLength
  }

  add (node: Node): void {
    this.nodes.push(scorer(node))
    this.#fill()
  }

  remove (name: string): void {
    this.nodes = this.nodes.filter(node => node?.name !== name)
    this.#fill()
  }

  #fill (): void {
    const nodes = this.nodes as Scorer[]
    // the order that members come in must not matter
    nodes.sort((a, b) => a.name < b.name ? -1 : 1)
    const weight = nodes.reduce((sum, node) => sum + node.weight, 0)
    const room = nodes.map(node => Math.ceil(1.01 * this.owners.length * node.weight / weight))
    for (let slot = 0; slot < this.owners.length; slot++) {
      let least = Infinity
      let owner = 0
      for (let i = 0; i < nodes.length; i++) {
        if (room[i] === 0) continue
        const found = score(nodes[i] as Scorer, slot)
        if (found >= least) continue
        least = found
        owner = i
      }
      room[owner] = (room[owner] as number) - 1
      this.owners[slot] = owner
    }
  }
}

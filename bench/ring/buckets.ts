// Two that spread keys over numbered buckets. The numbers are the places of the sorted names: each member has to
// find the same ones without being told in which order the others came.

import { hash32 } from '../../src/ring/hash.js'
import { mix } from './candidate.js'
import type { Node, Placement } from './candidate.js'

/** Lamping and Veach, "A fast, minimal memory, consistent hash algorithm", 2014. */
export class Jump implements Placement {
  readonly bytes = 0
  #names: string[] = []

  add ({ name }: Node): void {
    this.#names = [...this.#names, name].sort()
  }

  remove (name: string): void {
    this.#names = this.#names.filter(other => other !== name)
  }

  owner (hash: number): string {
    let bucket = 0
    let state = hash
    for (let next = 0; next < this.#names.length;) {
      bucket = next
      state = mix(state + 0x9e3779b1)
      next = Math.floor((bucket + 1) * 2 ** 32 / (state + 1))
    }
    return this.#names[bucket] as string
  }
}

/** Eisenbud et al., "Maglev: a fast and reliable software network load balancer", 2016, §3.4. Weights take more turns. */
export class Maglev implements Placement {
  readonly #slots: number
  #nodes: Node[] = []
  #owners = new Uint16Array(0)

  /** @param slots - a prime */
  constructor (slots: number) {
    this.#slots = slots
  }

  get bytes (): number {
    return this.#owners.byteLength
  }

  add (node: Node): void {
    this.#fill([...this.#nodes, node])
  }

  remove (name: string): void {
    this.#fill(this.#nodes.filter(node => node.name !== name))
  }

  owner (hash: number): string {
    return (this.#nodes[this.#owners[hash % this.#slots] as number] as Node).name
  }

  #fill (nodes: Node[]): void {
    const slots = this.#slots
    this.#nodes = nodes.sort((a, b) => a.name < b.name ? -1 : 1)
    const next = nodes.map(({ name }) => hash32(name) % slots)
    const skips = nodes.map(({ name }) => 1 + hash32(name, 1) % (slots - 1))
    const turns = nodes.map(() => 0)
    const owners = new Uint16Array(slots).fill(0xffff)
    for (let filled = 0; filled < slots;) {
      for (let i = 0; i < nodes.length && filled < slots; i++) {
        for (turns[i] = (turns[i] as number) + (nodes[i] as Node).weight; (turns[i] as number) >= 1 && filled < slots; filled++) {
          turns[i] = (turns[i] as number) - 1
          while (owners[next[i] as number] !== 0xffff) next[i] = ((next[i] as number) + (skips[i] as number)) % slots
          owners[next[i] as number] = i
        }
      }
    }
    this.#owners = owners
  }
}

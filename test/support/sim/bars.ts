// By node and key: of what age a value must be at least, in the order of things.

import type { SimNode } from './sim-node.js'

/** Of removals that have resolved: who can tell the others of it; undefined = there was nobody else to tell. */
interface Known { bar: number, by: ReadonlySet<SimNode> | undefined }

interface CopyBar { bar: number, owner: SimNode }

export class Bars {
  readonly #bars = new Map<SimNode, Map<string, number>>()

  /** 0 = any will do. */
  at (node: SimNode, key: string): number {
    return this.#bars.get(node)?.get(key) ?? 0
  }

  raise (node: SimNode, key: string, to: number): void {
    const bars = this.#bars.get(node)
    if (bars === undefined) this.#bars.set(node, new Map([[key, to]]))
    else raise(bars, key, to)
  }
}

/** For what a node has of another one's values: in force while it takes that one for the owner. */
export class CopyBars {
  readonly #bars = new Map<SimNode, Map<string, CopyBar>>()

  at (node: SimNode, key: string): number {
    const known = this.#bars.get(node)?.get(key)
    return known !== undefined && node.core.view.owner(key) === known.owner.id ? known.bar : 0
  }

  set (node: SimNode, key: string, bar: number, owner: SimNode): void {
    const bars = this.#bars.get(node)
    if (bars === undefined) this.#bars.set(node, new Map([[key, { bar, owner }]]))
    else bars.set(key, { bar, owner })
  }
}

/**
 * For what a node has in memory, of whomever: in force while it takes one for the owner that is among `covered`. The values
 * of one that the remover has lost, and who is back for this node already, are old until those two have met.
 */
export class MemoryBars {
  readonly #bars = new Map<SimNode, Map<string, Array<{ bar: number, covered: ReadonlySet<SimNode> }>>>()

  at (node: SimNode, key: string): number {
    const owner = node.network.processes.get(node.core.view.owner(key) ?? '')
    const known = this.#bars.get(node)?.get(key) ?? []
    return Math.max(0, ...known.filter(({ covered }) => owner !== undefined && covered.has(owner)).map(({ bar }) => bar))
  }

  set (node: SimNode, key: string, bar: number, covered: ReadonlySet<SimNode>): void {
    const bars = this.#bars.get(node) ?? new Map<string, Array<{ bar: number, covered: ReadonlySet<SimNode> }>>()
    this.#bars.set(node, bars)
    bars.set(key, [...bars.get(key) ?? [], { bar, covered }])
  }
}

/** What is stale everywhere once all is well again, by key. */
export class LastingBars {
  readonly #known = new Map<string, Known[]>()

  /** @param by - the only ones who know of the removal: if none of them is left, nobody can tell the others */
  add (key: string, bar: number, by: ReadonlySet<SimNode> | undefined): void {
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, [{ bar, by }])
    else known.push({ bar, by })
  }

  keys (): Iterable<string> {
    return this.#known.keys()
  }

  /** 0 = any will do. */
  at (key: string): number {
    const isKnown = ({ by }: Known): boolean => by === undefined || [...by].some(process => process.isUp)
    return Math.max(0, ...(this.#known.get(key) ?? []).filter(isKnown).map(({ bar }) => bar))
  }
}

export function raise (map: Map<string, number>, key: string, to: number): void {
  map.set(key, Math.max(to, map.get(key) ?? 0))
}

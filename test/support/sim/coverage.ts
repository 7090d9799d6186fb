// Whom a removal covers: those of whom the remover may expect that they do not answer with what was removed.

import { LEASE } from '../../../src/constants.js'
import type { Change } from './operations.js'
import type { SimNetwork } from './sim-network.js'
import type { SimNode } from './sim-node.js'

/** Who stood still for so long asks what it missed. */
const STANDSTILL = 2_000

export class Coverage {
  readonly #network: SimNetwork

  constructor (network: SimNetwork) {
    this.#network = network
  }

  process (id: string | undefined): SimNode | undefined {
    return id === undefined ? undefined : this.#network.processes.get(id)
  }

  ownerOf (key: string, node: SimNode): SimNode | undefined {
    return this.process(node.core.view.owner(key))
  }

  /**
   * The processes that one holds alive and is in touch with. Who was lost for longer than a lease is on another
   * side, whether or not the membership knows it already; when it is back it is told what it missed.
   */
  view (process: SimNode | undefined): Set<SimNode> {
    const found = new Set<SimNode>()
    if (process === undefined || !process.isUp) return found
    for (const id of process.core.view.ids) {
      const there = this.process(id)
      if (there !== undefined && (there === process || this.#isInTouch(process, there))) found.add(there)
    }
    return found
  }

  #isInTouch (process: SimNode, there: SimNode): boolean {
    if (process.transport.connectionTo(there.id) !== undefined) return true
    return process.clock.now() - (process.core.rpc.lastContact(there.id) ?? -Infinity) < LEASE
  }

  /** By a removal that resolves now, for the key at `index`. */
  of (change: Change, index: number): Set<SimNode> {
    const { node, keys, owners, held, calledAt } = change
    const covered = new Set([node])
    // one that was lost meanwhile and is back is told when the two have met
    const wasLost = (viewer: SimNode, process: SimNode): boolean => (viewer.lostAt.get(process.id) ?? -Infinity) >= calledAt
    const add = (viewer: SimNode, before: Set<SimNode> | undefined): void => {
      for (const process of this.view(viewer)) if (before?.has(process) === true && !wasLost(viewer, process)) covered.add(process)
    }
    add(node, held[0])
    const owner = this.ownerOf(keys[index] as string, node)
    if (owner !== undefined && owner === owners[index] && !wasLost(node, owner)) add(owner, held[index + 1])
    for (const process of this.#frozenMeanwhile(change, covered)) covered.add(process)
    return covered
  }

  /**
   * Processes that stood still while it was removed, with nothing between anybody, and nobody awake who is not
   * covered: of such a one a process that wakes may take what it has. Who has given the others up asks nobody; and one that
   * the remover had given up before it stood still, being cut off, may do so as it wakes.
   */
  #frozenMeanwhile ({ node, calledAt, wasWhole }: Change, covered: ReadonlySet<SimNode>): SimNode[] {
    const { processes, scheduler, cutAt, isWhole } = this.#network
    if (!wasWhole || cutAt >= calledAt || !isWhole) return []
    const all = [...processes.values()]
    if (!all.every(process => process.isFrozen || covered.has(process))) return []
    return all.filter(process => process.isFrozen && process.frozenAt < scheduler.now - STANDSTILL && know(node, process) && (node.lostAt.get(process.id) ?? Infinity) >= process.frozenAt)
  }
}

function know (a: SimNode, b: SimNode): boolean {
  return a.membership.get(b.id) !== undefined && b.core.view.get(a.id) !== undefined
}

// The figures of one way of placing keys.

import { hash32 } from '../../src/ring/hash.js'
import { memberNames } from './keys.js'
import type { Candidate, Node, Placement } from './candidate.js'
import type { Family } from './keys.js'

export const WEIGHTS = [0.5, 1, 1, 1.5, 2, 2, 3, 4, 5, 10]

export function hashesOf (family: Family, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => hash32(family(i)))
}

export function equals (count: number, naming: Family = memberNames['pod'] as Family): Node[] {
  return Array.from({ length: count }, (_, i) => ({ name: naming(i), weight: 1 }))
}

export function built ({ create }: Candidate, nodes: readonly Node[]): Placement {
  const placement = create()
  for (const node of nodes) placement.add(node)
  return placement
}

/** What each has of the keys, in units of what its weight says it should have. */
export function loads (placement: Placement, nodes: readonly Node[], hashes: Uint32Array): number[] {
  const index = new Map(nodes.map(({ name }, i) => [name, i]))
  const counts = new Uint32Array(nodes.length)
  for (const hash of hashes) counts[index.get(placement.owner(hash)) as number]!++
  const weight = nodes.reduce((sum, node) => sum + node.weight, 0)
  return nodes.map((node, i) => (counts[i] as number) / hashes.length * weight / node.weight)
}

export interface Movement {
  /** Keys that changed their owner, in units of the newcomer's share. */
  readonly moved: number
  /** The part of all keys that moved between two that were both there before and after. */
  readonly astray: number
}

/** What one that joins `nodes` moves. A leave is the reverse: each of these owners depends on nothing but who is there. */
export function movement (candidate: Candidate, nodes: readonly Node[], hashes: Uint32Array): Movement {
  const placement = built(candidate, nodes)
  const newcomer = { name: 'newcomer', weight: 1 }
  const before = Array.from(hashes, hash => placement.owner(hash))
  placement.add(newcomer)
  let [moved, astray] = [0, 0]
  for (const [i, hash] of hashes.entries()) {
    const owner = placement.owner(hash)
    if (owner === before[i]) continue
    moved++
    if (owner !== newcomer.name) astray++
  }
  return { moved: moved / hashes.length * (nodes.length + 1), astray: astray / hashes.length }
}

/** Milliseconds of a join and of a leave, with the first look-up after it: the median of several. */
export function changeTime (candidate: Candidate, nodes: readonly Node[], rounds: number): number {
  const placement = built(candidate, nodes)
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const name = `newcomer-${round}`
    for (const change of [() => { placement.add({ name, weight: 1 }) }, () => { placement.remove(name) }]) {
      const start = performance.now()
      change()
      placement.owner(round)
      times.push(performance.now() - start)
    }
  }
  return median(times)
}

/** Nanoseconds for each key, the least of some rounds. */
export function lookUpTime (look: (key: string) => unknown, keys: readonly string[], rounds: number): number {
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    let found = 0
    for (const key of keys) if (look(key) !== undefined) found++
    best = Math.min(best, Number(process.hrtime.bigint() - start) / found)
  }
  return best
}

function median (numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
}

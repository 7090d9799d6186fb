// What callers have asked for and wait for.

import type { SimNode } from './sim-node.js'

export interface Get {
  node: SimNode
  key: string
  bar: number
  beganAt: number
  /** Its caller may leave: aborted, or with a timeout. */
  mayLeave: boolean
}

export interface Change {
  node: SimNode
  what: string
  keys: readonly string[]
  called: number
  calledAt: number
  /** Members in whose views; by process. */
  held: Array<Set<SimNode>>
  owners: Array<SimNode | undefined>
  wasWhole: boolean
  mayLeave: boolean
}

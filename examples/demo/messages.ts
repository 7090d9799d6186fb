// What the driver and a node say to each other over the channel of `fork`.

import type { GroupStats } from 'groupcache'
import type { DatabaseAddress } from './database.js'
import type { City } from './dataset.js'

/** Driver to node. */
export type Command =
  | { type: 'start', settings: NodeSettings }
  /** Get these cities; an `answers` message follows for each. */
  | { type: 'get', ids: number[] }
  /** How many of these keys does this member own, in your view? */
  | { type: 'count-owned', ids: number[], owner: string }
  | { type: 'stop' }

export interface NodeSettings {
  name: string
  cluster: string
  /** How many members there are, this one included. */
  members: number
  database: DatabaseAddress
}

/** Node to driver. */
export type Report =
  /** It has found the others: gets may come. */
  | { type: 'ready' }
  | { type: 'status', status: Status }
  | { type: 'answers', answers: Answer[] }
  | { type: 'owned', count: number }
  /** This node has taken a member off its ring, at that `Date.now()`. */
  | { type: 'dropped', member: string, at: number }

export interface Status {
  /** Names of the members that this node sees, its own included. */
  members: string[]
  /** The part of the keys that this node owns, 0 to 1. */
  share: number
  stats: GroupStats
}

export type Answer =
  | { id: number, took: number, city: City }
  | { id: number, took: number, error: string }

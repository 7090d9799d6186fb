// What an attack is, and what it has to work with. Each is a file in attacks/, run in a process of its own by attacker.ts.

import type { Group, StandaloneGroupcache } from '../../src/index.js'
import type { Connection, Stream } from '@libp2p/interface'

export interface Attack {
  readonly name: string
  /** Bytes that the victim's memory may grow by, and the limit that they follow from. */
  readonly mayHold: { readonly bytes: number, readonly because: string }
  /** What the victim's log says of it; undefined = it is no offence, but work within what a member may ask for. */
  readonly isLogged?: RegExp
  /** Whether the offender is cut off. @default where it is logged */
  readonly isCutOff?: boolean
  /** Milliseconds of attack, where one second at a time is not enough to be noticed. */
  readonly ms?: number
  /** The victim's own callers want keys of the attacker meanwhile. */
  readonly victimAsks?: boolean
  /** Goes on until `target.isOver`, whatever happens to its streams. */
  run (target: Target): Promise<void>
}

/** The victim, as the attacker sees it. */
export interface Target {
  /** A member of the same cluster, which misbehaves only where the attack says so. */
  readonly node: StandaloneGroupcache
  readonly group: Group<string>
  /** Where the victim listens. */
  readonly address: string
  readonly port: number
  /** A protocol of the cluster by its last name. */
  protocol (name: 'rpc' | 'members' | 'hand-over'): string
  readonly isOver: boolean
  /** Resolves at the end of the attack. */
  readonly over: Promise<void>
  /** A connection to the victim: the one there is, or a new one. Waits while it is refused; rejects when the attack is over. */
  connect (): Promise<Connection>
  /** A new stream to the victim. As {@link connect}. */
  open (name: 'rpc' | 'members' | 'hand-over'): Promise<Stream>
  /** The victim has ended a stream or a connection, or does not let this node in. */
  wasCutOff (): void
  /** Keeps the attacker from being busier than the victim. */
  rest (ms?: number): Promise<void>
}

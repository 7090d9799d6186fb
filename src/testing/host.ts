// A place in the network of a test cluster.

import type { MultiaddrConnection } from '@libp2p/interface'

/** Where one member is. */
export interface Host {
  readonly address: string
  /** Of the partition, while there is one. */
  side: number
  /** Takes connections; undefined = nothing listens. */
  accept: ((end: MultiaddrConnection) => void) | undefined
  /** Counts up with each one that began to listen; the later of two dials the earlier. */
  since: number
}

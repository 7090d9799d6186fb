// The public types of handing values over when the ring changes.

/** How a node that stops passes what it has on to the members that own it then, the values used last first. */
export interface HandOverInit {
  /** Milliseconds for which it may hold up `stop()`. @default 5_000 */
  timeout?: number | undefined
  /** Bytes of values, keys and bookkeeping, all groups together. @default 1 GiB */
  maxBytes?: number | undefined
}

export interface HandOverProgress {
  /** 'stop': this node is about to go. 'ring change': others have come, or have other weights. */
  readonly reason: 'stop' | 'ring change'
  /** Keys whose values were here and that other members own now. */
  readonly offered: number
  /** Those of them that their new owners have by now. */
  readonly taken: number
  /** What the values of these took here. */
  readonly bytes: number
  /** There will be no more of it: all is handed over, its time is up, or nobody takes the rest. */
  readonly isDone: boolean
}
